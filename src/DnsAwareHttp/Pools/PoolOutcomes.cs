using System.Collections.Immutable;
using DnsAwareHttp.Health;

namespace DnsAwareHttp.Pools;

/// <summary>What the outcomes of its requests make of a pool: counts, its share of the requests, and ejections.</summary>
/// <param name="pool">The pool.</param>
/// <param name="health">Its health.</param>
/// <param name="sampler">Has its share.</param>
/// <param name="now">The clock.</param>
internal sealed class PoolOutcomes(EndpointPool pool, PoolHealth health, PoolSampler sampler, Func<DateTimeOffset> now)
{
    /// <summary>An endpoint that returns has its full share after a second: four samples halve this to zero.</summary>
    private const int PressureOfReturn = 8;

    /// <summary>The counts.</summary>
    public EndpointOutcomes Counts { get; } = new(pool);

    /// <summary>How long it takes to answer.</summary>
    public PoolLatency Latency { get; } = new(now);

    /// <summary>Times each request; null: no policy compares latencies.</summary>
    public PoolTiming? Timing { get; init; }

    /// <summary>Whether the request that tries the ejected endpoint is under way, or has just ended.</summary>
    public bool IsTried => health.IsTried;

    /// <summary>A request was answered, and well. Nearly always two reads.</summary>
    /// <returns>Since when the endpoint was ejected, if the answer ended that; null otherwise.</returns>
    public DateTimeOffset? OnGood()
    {
        Counts.OnGood();
        EndpointHealth before = pool.Health;
        return before is { IsOnTrial: true, State: EndpointState.Ejected } ? Return(before) : null;
    }

    /// <summary>A request failed.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="peers">The other endpoints now.</param>
    /// <returns>The failures in a row.</returns>
    public FailureRun OnBad(BadOutcome failure, Func<ImmutableArray<(EndpointOutcomes Peer, RequestTally Start)>> peers)
    {
        if (!failure.IsLate)
        {
            sampler.Press(1);
        }

        return Counts.OnBad(failure, peers);
    }

    /// <summary>A request ended in a way that tells nothing of the endpoint.</summary>
    public void OnNeither() => Counts.OnNeither();

    /// <summary>The endpoint asks for fewer requests: 429 (Too Many Requests).</summary>
    public void OnOverload()
    {
        sampler.Press(1);
        Counts.OnNeither();
    }

    /// <inheritdoc cref="PoolHealth.Eject"/>
    public bool Eject(Ejection ejection, string reason) => health.Eject(ejection, reason);

    /// <summary>The time of the ejection is over: one request may try the endpoint.</summary>
    public void BeginTrial()
    {
        health.OnTrialBegun();
        KeepTrialConnected();
    }

    /// <summary>The probe passed that tried the ejected endpoint.</summary>
    /// <returns>Since when the endpoint was ejected; null: it still is, and a request must try it.</returns>
    public DateTimeOffset? OnProbePassed()
    {
        EndpointHealth before = pool.Health;
        if (before is not { State: EndpointState.Ejected, Ejection.ProbeHasFailed: true })
        {
            return null;
        }

        BeginAnew();
        return health.ReturnByProbe(before) ? before.Since : null;
    }

    /// <summary>The trial failed, as do the requests at the other endpoints.</summary>
    public void EndTrial() => health.OnTrialEnded();

    private DateTimeOffset? Return(EndpointHealth before)
    {
        BeginAnew();
        return health.Return(before) ? before.Since : null;
    }

    // Before it is offered again: then requests come at once.
    private void BeginAnew()
    {
        sampler.Press(PressureOfReturn);
        Counts.Forget();
    }

    /// <summary>The request that tries the endpoint must not wait for a connection.</summary>
    public void KeepTrialConnected()
    {
        if (!pool.Room.IsFree && pool.ActiveRequests == 0)
        {
            _ = pool.DialUnlessIdleAsync();
        }
    }
}
