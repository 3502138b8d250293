using System.Collections.Concurrent;
using DnsAwareHttp.Diagnostics;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Pools;

/// <summary>Drains pools: no new request, then the last headers, then the last body, then the last connection.</summary>
internal sealed class PoolDrainer(TimeProvider time, ILogger logger)
{
    private readonly ConcurrentDictionary<EndpointPool, PoolDrain> _draining = new();

    /// <summary>Hears of departures and of the ends of drains.</summary>
    public ChangeJournal Journal { get; init; } = new();

    /// <summary>Begins to drain pools. The task ends when their last connection is closed.</summary>
    /// <param name="departures">Pools that no set of endpoints offers any more.</param>
    /// <param name="owner">The pools' origin, for log and metrics.</param>
    /// <param name="timeout">After this their connections are cut; infinite: never.</param>
    public Task Begin(IReadOnlyCollection<Departure> departures, PoolOwner owner, TimeSpan timeout)
    {
        // On this thread, so that no request gets in after the return.
        foreach (Departure departure in departures)
        {
            departure.Pool.BeginDrain(departure.Detail);
            Journal.Note(departure.LeftFrom(owner));
            DnsAwareMetrics.EndpointDraining(owner.Host, owner.Port);
        }

        Report(departures, owner);
        return Task.WhenAll([.. departures.Select(departure => Begin(departure, owner, timeout))]);
    }

    /// <summary>The drains that are under way. Those of an origin are also those of an equal one before a change of options.</summary>
    public IEnumerable<PoolDrain> Draining => _draining.Select(static pair => pair.Value); // Values would take all its locks.

    /// <summary>Ends when all drains that have begun are over.</summary>
    public Task WhenAllDrained() => Task.WhenAll(_draining.Values.Select(drain => drain.Over));

    private Task Begin(Departure departure, PoolOwner owner, TimeSpan timeout)
    {
        TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _draining[departure.Pool] = new PoolDrain(owner, departure, timeout, over.Task);
        Background.Start("a drain", logger, () => DrainAsync(departure, owner, timeout, over));
        return over.Task;
    }

    private async Task DrainAsync(Departure departure, PoolOwner owner, TimeSpan timeout, TaskCompletionSource over)
    {
        EndpointPool pool = departure.Pool;
        long started = time.GetTimestamp();
        int open = 0, cut = 0;
        try
        {
            using CancellationTokenSource deadline = new(timeout, time);
            bool inTime = await EndsInTimeAsync(pool.AllHeadersArrived, deadline.Token).ConfigureAwait(false);
            open = pool.CloseHandler();
            if (!inTime || !await EndsInTimeAsync(pool.AllConnectionsClosed, deadline.Token).ConfigureAwait(false))
            {
                cut = pool.CutConnections();
                await pool.AllConnectionsClosed.ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            logger.DrainThrew(owner.Name, pool.Address.Address, exception);
        }
        finally
        {
            Report(departure, owner, time.GetElapsedTime(started), Math.Max(0, open - cut), cut);
            _draining.TryRemove(pool, out _);
            over.SetResult();
        }
    }

    // One line for each reason: a name server decides how many addresses leave.
    private void Report(IReadOnlyCollection<Departure> departures, PoolOwner owner)
    {
        foreach (IGrouping<string, Departure> leaving in departures.GroupBy(departure => departure.Detail))
        {
            EndpointPool[] pools = [.. leaving.Select(departure => departure.Pool)];
            logger.EndpointsDraining(
                owner.Name, Examples.Of([.. pools.Select(pool => pool.Address.Address)]), leaving.Key,
                pools.Sum(pool => pool.ActiveRequests), pools.Sum(pool => pool.OpenConnections));
        }
    }

    private void Report(Departure departure, PoolOwner owner, TimeSpan duration, int graceful, int cut)
    {
        DnsAwareMetrics.EndpointDrained(owner.Host, owner.Port, duration, graceful, cut);
        Journal.Note(departure.DrainedFrom(owner, duration, graceful, cut));
        if (graceful + cut > 0)
        {
            logger.EndpointDrained(owner.Name, departure.Pool.Address.Address, duration.TotalSeconds, graceful, cut);
        }
    }

    private static async Task<bool> EndsInTimeAsync(Task end, CancellationToken deadline)
    {
        await end.WaitAsync(deadline).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return end.IsCompleted;
    }
}
