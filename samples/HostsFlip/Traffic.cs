using System.Collections.Concurrent;
using System.Diagnostics;

namespace HostsFlip;

/// <summary>Steady requests through one client, about 80 in a second, and how each of them ended.</summary>
internal sealed class Traffic(HttpClient client, Uri shop, Stopwatch clock)
{
    private const int Visitors = 5;

    private static readonly TimeSpan ThinkTime = TimeSpan.FromMilliseconds(20);

    // One after the other, so that at any moment some requests are under way.
    private static readonly TimeSpan Stagger = TimeSpan.FromMilliseconds(12);

    private readonly ConcurrentQueue<Outcome> _outcomes = new();

    /// <summary>What has ended so far.</summary>
    public IReadOnlyList<Outcome> Outcomes => [.. _outcomes];

    /// <summary>Sends until the clock shows <paramref name="end"/>, then lets what is under way end.</summary>
    public Task RunAsync(TimeSpan end, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, Visitors).Select(visitor => VisitAsync(visitor, end, cancellationToken)));

    private async Task VisitAsync(int visitor, TimeSpan end, CancellationToken cancellationToken)
    {
        await Task.Delay(Stagger * visitor, cancellationToken);
        while (clock.Elapsed < end)
        {
            _outcomes.Enqueue(await AskAsync(cancellationToken));
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
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            return new Outcome.Failed(sent, clock.Elapsed, failure.GetBaseException().Message);
        }
    }
}
