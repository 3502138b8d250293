using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace DnsAwareHttp.EcosystemTests.Harness;

/// <summary>A few workers that call a service again and again, while DNS and the servers change.</summary>
/// <param name="fleet">The servers.</param>
/// <param name="call">Makes one call and returns the address that answered it.</param>
public sealed class LightLoad(Fleet fleet, Func<Task<string>> call)
{
    private const int Workers = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly string[][] Sets = [["127.0.0.1"], ["127.0.0.2", "127.0.0.3"]];
    private readonly ConcurrentQueue<CallOutcome> _calls = new();
    private volatile int _underWay;

    /// <summary>The calls that one of the servers has at a time while they are spread evenly.</summary>
    public static int ShareOfOneServer => (Workers + Fleet.Addresses.Length - 1) / Fleet.Addresses.Length;

    /// <summary>Flips per test: few in CI, more by an environment variable.</summary>
    public static int Flips { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("DNSAWARE_ECOSYSTEM_FLIPS"), CultureInfo.InvariantCulture, out int flips)
            ? flips
            : 5;

    /// <summary>Flips between two sets of servers; each flip waits until the new set answers.</summary>
    public Task<LoadReport> FlipAsync() => RunAsync(Sets[0], async report =>
    {
        await Until(() => Answered(since: 0, Sets[0]) >= 2 * Workers, "the first set answers");
        for (int flip = 1; flip <= Flips; flip++)
        {
            string[] set = Sets[flip % 2];
            long at = Stopwatch.GetTimestamp();
            fleet.Says(set);
            await Until(() => Answered(at, set) >= 2 * Workers, $"flip {flip} is followed");
            TimeSpan lag = _calls.Where(made => made.Began > at && made.Failure is null && !set.Contains(made.Address))
                .Select(made => Stopwatch.GetElapsedTime(at, made.Began)).DefaultIfEmpty().Max();
            report.LongestLag = lag > report.LongestLag ? lag : report.LongestLag;
        }
    });

    /// <summary>Kills the first server at a moment at which each worker has a call under way, while DNS goes on naming it.</summary>
    public Task<LoadReport> KillOneAsync() => RunAsync(Fleet.Addresses, async report =>
    {
        await Until(() => Answered(since: 0, Fleet.Addresses) >= 8 * Workers, "calls are made");
        await Until(() => _underWay == Workers, "each worker has a call under way");
        fleet.Kill(Fleet.Addresses[0]);
        report.KilledAt = Stopwatch.GetTimestamp();
        await Until(() => _calls.Count(made => made.Began > report.KilledAt) >= 20 * Workers, "calls are made after the kill");
    });

    private int Answered(long since, string[] addresses) => _calls.Count(made => made.Began > since && addresses.Contains(made.Address));

    private async Task Until(Func<bool> condition, string what)
    {
        using CancellationTokenSource patience = new(Patience);
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(10));
        while (!condition())
        {
            try
            {
                await tick.WaitForNextTickAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                Exception? last = _calls.LastOrDefault(made => made.Failure is not null)?.Failure;
                throw new TimeoutException($"{what}: not within {Patience}. {_calls.Count} calls; the last failure: {last}", last);
            }
        }
    }

    private async Task<LoadReport> RunAsync(string[] addresses, Func<LoadReport, Task> script)
    {
        fleet.Says(addresses);
        LoadReport report = new();
        using CancellationTokenSource stop = new();
        Task[] workers = [.. Enumerable.Range(0, Workers).Select(_ => Task.Run(() => WorkAsync(stop.Token), CancellationToken.None))];
        try
        {
            await script(report);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(workers);
        }

        report.Calls = [.. _calls];
        return report;
    }

    private async Task WorkAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            long began = Stopwatch.GetTimestamp();
            Interlocked.Increment(ref _underWay);
            try
            {
                _calls.Enqueue(new CallOutcome(began, await call().WaitAsync(Patience, CancellationToken.None), null));
            }
            catch (Exception exception)
            {
                _calls.Enqueue(new CallOutcome(began, "", exception));
            }
            finally
            {
                Interlocked.Decrement(ref _underWay);
            }

            await Task.Delay(Pause, CancellationToken.None);
        }
    }
}
