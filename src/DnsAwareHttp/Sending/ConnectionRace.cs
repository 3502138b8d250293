using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Sending;

/// <summary>
/// Finds an endpoint that a request can be sent to at once: dials the preferred one, and others beside it while it takes long (RFC 8305
/// section 5).
/// </summary>
/// <param name="attemptDelay">The time after which the next dial begins beside the latest one. After a failure the next one begins at
/// once.</param>
/// <param name="time">The clock.</param>
internal sealed class ConnectionRace(TimeSpan attemptDelay, TimeProvider time)
{
    /// <summary>The number of dials under way from which on the next one begins sooner.</summary>
    private const int ManyAtOnce = 6;

    /// <summary>
    /// The time to the next dial while many are under way without an answer: most addresses are dead, and a good one must still be found in
    /// a few seconds. It is the shortest delay that RFC 8305 recommends. The last of 64 addresses is dialled after 8 s at most.
    /// </summary>
    private static readonly TimeSpan DelayAmongMany = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// As <see cref="RunAsync(IReadOnlyList{EndpointPool}, CancellationToken, int)"/>. When all failed, each rank of the others is next.
    /// </summary>
    /// <param name="order">The endpoints, the preferred one first.</param>
    /// <param name="fallbacks">Ranks of endpoints that are dialled only when all before them failed.</param>
    /// <param name="cancellationToken">The request's own token.</param>
    /// <param name="late">The number of endpoints, the first ones, whose dial is late already: the next dial begins at once.</param>
    public Task<RaceOutcome> RunAsync(
        IReadOnlyList<EndpointPool> order, IReadOnlyList<IEnumerable<EndpointPool>> fallbacks, CancellationToken cancellationToken,
        int late = 0) => fallbacks.Count == 0
            ? RunAsync(order, cancellationToken, late)
            : RunByRankAsync([order, .. fallbacks], late, cancellationToken);

    /// <summary>Ends with the first endpoint that has room, or when all failed.</summary>
    /// <remarks>
    /// The losers are not cancelled: a dial belongs to its endpoint, and other requests may wait for it. A socket that opens too late is
    /// parked for a moment.
    /// </remarks>
    /// <param name="order">The endpoints, the preferred one first.</param>
    /// <param name="cancellationToken">The request's own token.</param>
    /// <param name="late">The number of endpoints, the first ones, whose dial is late already: the next dial begins at once.</param>
    public async Task<RaceOutcome> RunAsync(IReadOnlyList<EndpointPool> order, CancellationToken cancellationToken, int late = 0)
    {
        Dictionary<Task<Exception?>, EndpointPool> running = [];
        List<(EndpointPool Pool, Exception Error)> failures = [];
        int next = 0;
        while (next < order.Count || running.Count > 0)
        {
            if (next < order.Count)
            {
                EndpointPool pool = order[next++];
                if (pool.Room.IsFree)
                {
                    return Won(pool, order, next, failures);
                }

                running[pool.DialUnlessIdleAsync()] = pool;
            }

            if (next < order.Count && next <= late)
            {
                continue;
            }

            TimeSpan wait = next == order.Count ? Timeout.InfiniteTimeSpan : running.Count < ManyAtOnce ? attemptDelay : DelayAmongMany;
            if (await FirstToEndAsync(running.Keys, wait, cancellationToken).ConfigureAwait(false) is not Task<Exception?> ended)
            {
                continue;
            }

            _ = running.Remove(ended, out EndpointPool? dialled);
            if (await ended.ConfigureAwait(false) is not Exception error)
            {
                return Won(dialled!, order, next, failures);
            }

            failures.Add((dialled!, error));
        }

        return new RaceOutcome(null, failures);
    }

    private async Task<RaceOutcome> RunByRankAsync(IEnumerable<EndpointPool>[] ranks, int late, CancellationToken cancellationToken)
    {
        List<(EndpointPool Pool, Exception Error)> failures = [];
        foreach (IEnumerable<EndpointPool> rank in ranks)
        {
            RaceOutcome outcome = await RunAsync([.. rank], cancellationToken, rank == ranks[0] ? late : 0).ConfigureAwait(false);
            failures.AddRange(outcome.Failures);
            if (outcome.Winner is not null)
            {
                return outcome with { Failures = failures };
            }
        }

        return new RaceOutcome(null, failures);
    }

    private static RaceOutcome Won(
        EndpointPool winner, IReadOnlyList<EndpointPool> order, int begun, List<(EndpointPool Pool, Exception Error)> failures) =>
        new(winner, failures, order.Take(begun).TakeWhile(pool => pool != winner).Any(pool => pool.Family != winner.Family));

    /// <summary>The first dial to end; null when it is time for the next one to begin.</summary>
    private async Task<Task<Exception?>?> FirstToEndAsync(
        IEnumerable<Task<Exception?>> running, TimeSpan wait, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.WhenAny(running).WaitAsync(wait, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }
}
