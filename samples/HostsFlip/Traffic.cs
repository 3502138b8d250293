using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace HostsFlip;

/// <summary>Steady requests through one client, about 80 in a second, and how each of them ended.</summary>
/// <param name="client">Sends them.</param>
/// <param name="shop">Where they go.</param>
/// <param name="destination">The server that they should move to.</param>
/// <param name="clock">Runs since the start of the demo.</param>
internal sealed class Traffic(HttpClient client, Uri shop, IPAddress destination, Stopwatch clock)
{
    private const int Visitors = 5;

    private static readonly TimeSpan ThinkTime = TimeSpan.FromMilliseconds(20);

    // One after the other, so that at any moment some requests are under way. The first requests come together: then each client has a
    // connection for each visitor, and none is opened later, which would go to another server by chance.
    private static readonly TimeSpan Stagger = TimeSpan.FromMilliseconds(12);

    private readonly ConcurrentQueue<Outcome> _outcomes = new();
    private readonly Outcome?[] _latest = new Outcome?[Visitors];
    private readonly TaskCompletionSource _hasMoved = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What has ended so far.</summary>
    public IReadOnlyList<Outcome> Outcomes => [.. _outcomes];

    /// <summary>Completes when the latest request of each visitor was answered by the destination: none is under way elsewhere.</summary>
    public Task HasMoved => _hasMoved.Task;

    /// <summary>Sends until <paramref name="closing"/> is complete, then lets what is under way end.</summary>
    public Task RunAsync(Task closing, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, Visitors).Select(visitor => VisitAsync(visitor, closing, cancellationToken)));

    private async Task VisitAsync(int visitor, Task closing, CancellationToken cancellationToken)
    {
        _outcomes.Enqueue(await AskAsync(cancellationToken));
        await Task.Delay(Stagger * visitor, cancellationToken);
        while (!closing.IsCompleted)
        {
            Outcome outcome = await AskAsync(cancellationToken);
            _outcomes.Enqueue(outcome);
            Volatile.Write(ref _latest[visitor], outcome);
            if (_latest.All(latest => latest is Outcome.Answered answer && answer.Server.Equals(destination)))
            {
                _hasMoved.TrySetResult();
            }

            await Task.Delay(ThinkTime, cancellationToken);
        }
    }

    private async Task<Outcome> AskAsync(CancellationToken cancellationToken)
    {
        TimeSpan sent = clock.Elapsed;
        try
        {
            using HttpResponseMessage response = await client.GetAsync(shop, cancellationToken);
            response.EnsureSuccessStatusCode();
            return new Outcome.Answered(sent, clock.Elapsed, response.Server());
        }
        catch (TaskCanceledException failure) when (failure.InnerException is TimeoutException)
        {
            return new Outcome.Failed(sent, clock.Elapsed, $"no answer in {Schedule.Patience.TotalSeconds:0} s");
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            return new Outcome.Failed(sent, clock.Elapsed, failure.GetBaseException().Message);
        }
    }
}
