using System.Collections.Concurrent;
using DnsAwareHttp.Diagnostics;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Pools;

/// <summary>Lets pools go: no new request, then headers, then bodies, then nothing is left.</summary>
internal sealed class PoolDrainer(TimeProvider time, ILogger logger)
{
    private readonly ConcurrentDictionary<EndpointPool, (PoolOwner Owner, Task Over)> _draining = new();

    /// <summary>Begins to drain a pool. It is over when its last connection is closed.</summary>
    /// <param name="pool">A pool that no picker offers any more.</param>
    /// <param name="owner">Whose it was, for log and metrics.</param>
    /// <param name="reason">Why it leaves.</param>
    /// <param name="timeout">After this its connections are cut; infinite: never.</param>
    public Task Drain(EndpointPool pool, PoolOwner owner, string reason, TimeSpan timeout)
    {
        // Synchronously, so that when this returns nobody gets in any more.
        pool.BeginDrain(reason);
        DnsAwareMetrics.EndpointDraining(owner.Host, owner.Port);
        logger.EndpointDraining(owner.Name, pool.Address.Address, reason, pool.ActiveRequests, pool.OpenConnections);
        TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _draining[pool] = (owner, over.Task);
        Background.Start("a drain", logger, () => DrainAsync(pool, owner, timeout, over));
        return over.Task;
    }

    /// <summary>The pools being drained for one owner, and for an equal one that it took the place of.</summary>
    public IEnumerable<EndpointPool> DrainingOf(PoolOwner owner) => _draining.Where(drain => drain.Value.Owner == owner).Select(drain => drain.Key);

    /// <summary>Ends when all drains that have begun are over.</summary>
    public Task WhenAllDrained() => Task.WhenAll(_draining.Values.Select(drain => drain.Over));

    private async Task DrainAsync(EndpointPool pool, PoolOwner owner, TimeSpan timeout, TaskCompletionSource over)
    {
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
            Report(pool, owner, time.GetElapsedTime(started), Math.Max(0, open - cut), cut);
            _draining.TryRemove(pool, out _);
            over.SetResult();
        }
    }

    private void Report(EndpointPool pool, PoolOwner owner, TimeSpan duration, int graceful, int cut)
    {
        DnsAwareMetrics.EndpointDrained(owner.Host, owner.Port, duration, graceful, cut);
        logger.EndpointDrained(owner.Name, pool.Address.Address, duration, graceful, cut);
    }

    private static async Task<bool> EndsInTimeAsync(Task end, CancellationToken deadline)
    {
        await end.WaitAsync(deadline).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return end.IsCompleted;
    }
}
