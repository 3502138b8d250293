using DnsAwareHttp.Health;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Endpoints;

/// <summary>Lets ejected endpoints be tried when their time is over: by their probe, if they have one, or by one request.</summary>
/// <remarks>
/// <para>An ejection is of use only while other endpoints are better. While those in use fail, each ejected endpoint is tried with each
/// sample, and a failure does not lengthen its ejection. So the end of an outage of all ends the ejections as well.</para>
/// <para>A probe says something only if it sees what requests see. If it failed since the ejection, and passes now, the endpoint is well.
/// If it passed all the time, one request tries the endpoint.</para>
/// </remarks>
/// <param name="scope">The origin.</param>
/// <param name="eject">Ejects an endpoint again, because a trial failed.</param>
/// <param name="onReturned">An endpoint returned that was ejected since a moment.</param>
internal sealed class OutlierTrials(
    OriginScope scope, Action<EndpointPool, BadOutcome, string> eject, Action<EndpointPool, DateTimeOffset> onReturned)
{
    /// <summary>The priorities whose endpoints in use fail, by the latest sample.</summary>
    private volatile int[] _failing = [];

    /// <summary>Begins the trials that are due. For one caller at a time, a few times a second.</summary>
    /// <param name="groups">The endpoints, by priority.</param>
    public void Sample(IReadOnlyCollection<(int Priority, EndpointPool[] Pools)> groups)
    {
        DateTimeOffset now = scope.Clock.Now;
        (int Priority, EndpointPool[] Pools)[] partlyOut = [.. groups.Where(static group => Array.Exists(group.Pools, IsEjected))];
        if (partlyOut.Length > 0 || _failing.Length > 0)
        {
            _failing = [.. partlyOut.Where(static group => Fail(group.Pools)).Select(static group => group.Priority)];
        }

        foreach ((int priority, EndpointPool[] pools) in partlyOut)
        {
            bool othersFail = _failing.Contains(priority);
            foreach (EndpointPool pool in pools.Where(pool => IsEjected(pool) && (othersFail || now >= pool.Health.Ejection!.Until)))
            {
                Begin(pool, othersFail);
            }
        }
    }

    /// <summary>An endpoint was ejected. Does its probe see what requests see?</summary>
    public static void OnEjected(EndpointPool pool)
    {
        if (pool.Room.HasPlace)
        {
            _ = pool.Probes.Run?.Invoke();
        }
    }

    /// <summary>The request that tried an endpoint failed.</summary>
    /// <param name="pool">The endpoint.</param>
    /// <param name="priority">Its priority.</param>
    /// <param name="failure">The failure.</param>
    public void OnFailed(EndpointPool pool, int priority, BadOutcome failure)
    {
        if (_failing.Contains(priority))
        {
            pool.Outcomes.EndTrial();
        }
        else
        {
            eject(pool, failure, $"the request that tried it failed: {failure.Text}");
        }
    }

    private void Begin(EndpointPool pool, bool othersFail)
    {
        if (pool.Health.IsOnTrial)
        {
            pool.Outcomes.KeepTrialConnected();
        }
        else if (othersFail || pool.Probes.Run is not Func<Task<string?>> probe || !pool.Room.HasPlace)
        {
            pool.Outcomes.BeginTrial();
        }
        else if (pool.Probes.TryBeginTrial())
        {
            Background.Start("the trial of an endpoint", scope.Logger, () => ProbeAsync(pool, probe));
        }
    }

    private async Task ProbeAsync(EndpointPool pool, Func<Task<string?>> probe)
    {
        try
        {
            string? failure = await probe().ConfigureAwait(false);
            if (pool.Health is { State: EndpointState.Ejected, IsOnTrial: false })
            {
                OnProbed(pool, failure);
            }
        }
        finally
        {
            pool.Probes.EndTrial();
        }
    }

    private void OnProbed(EndpointPool pool, string? failure)
    {
        if (failure is not null)
        {
            eject(pool, new BadOutcome(failure), $"the probe that tried it failed: {failure}");
        }
        else if (pool.Outcomes.OnProbePassed() is DateTimeOffset since)
        {
            onReturned(pool, since);
        }
        else
        {
            pool.Outcomes.BeginTrial();
        }
    }

    private static bool IsEjected(EndpointPool pool) => pool.Health.State is EndpointState.Ejected;

    private static bool Fail(EndpointPool[] pools) => OutlierDetector.Fail(
        [.. pools.Where(static pool => pool.Health.State is not (EndpointState.Ejected or EndpointState.Failing))
            .Select(static pool => pool.Outcomes.Counts)]);
}
