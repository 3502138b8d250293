using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Endpoints;

/// <summary>The values that all parts of one origin share.</summary>
/// <param name="Owner">The origin, for log and metrics.</param>
/// <param name="Options">The handler's options; they do not change.</param>
/// <param name="Clock">The clock of the cache.</param>
/// <param name="Drainer">Drains pools that left.</param>
/// <param name="Random">The source of random numbers.</param>
/// <param name="Logger">The log.</param>
internal sealed record OriginScope(
    PoolOwner Owner, DnsAwareOptions Options, SteadyClock Clock, PoolDrainer Drainer, Random Random, ILogger Logger)
{
    /// <summary>How long a connection may be idle: the limit of the wrapped handler.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether answers may be late; null: they never are.</summary>
    public Lateness? Lateness { get; init; }

    /// <summary>The order of addresses.</summary>
    public required AddressOrdering Order { get; init; }

    /// <summary>The answer that the origin follows.</summary>
    public FollowedAnswer Answer { get; } = new();

    /// <summary>Measures what happens to the origin.</summary>
    public OriginMetrics Metrics => Owner.Metrics;

    /// <summary>Hears of changes.</summary>
    public ChangeJournal Journal => Drainer.Journal;

    /// <summary>Drains pools that no set of endpoints offers any more.</summary>
    /// <param name="leaving">The pools.</param>
    /// <param name="timeout">After this their connections are cut; infinite: never.</param>
    public void Drain(IReadOnlyCollection<Departure> leaving, TimeSpan timeout) => _ = Drainer.Begin(leaving, Owner, timeout);
}
