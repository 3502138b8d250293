using DnsAwareHttp.Membership;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Origins;

/// <summary>What all clusters of one handler have in common.</summary>
/// <param name="Options">The handler's options; they do not change.</param>
/// <param name="Membership">Who is in and who leaves.</param>
/// <param name="Cache">Where answers come from.</param>
/// <param name="Drainer">Lets pools go.</param>
/// <param name="Reopen">The cluster that takes the place of one that was closed while unused.</param>
/// <param name="SendHop">Sends the next hop of a redirected request, following no redirect.</param>
/// <param name="Random">Where draws come from.</param>
/// <param name="Logger">Where to log.</param>
internal sealed record ClusterSettings(
    DnsAwareOptions Options, IMembershipPolicy Membership, DnsCache Cache, PoolDrainer Drainer, Func<Origin, OriginCluster> Reopen,
    Func<HttpRequestMessage, bool, CancellationToken, Task<HttpResponseMessage>> SendHop, Random Random, ILogger Logger)
{
    /// <summary>What finding a connection may take in all: the wrapped handler's own limit.</summary>
    public required TimeSpan ConnectTimeout { get; init; }

    /// <summary>How long a connection may be idle: the wrapped handler's own limit.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>From where this host would speak to an address: part of the order of addresses.</summary>
    public ISourceAddresses Sources { get; init; } = new SourceAddresses(Cache.Clock.Provider);

    /// <summary>How far addresses of equal rank are rotated: another number in each process of a fleet.</summary>
    public int Rotation { get; init; }

    /// <summary>As <see cref="Membership"/>, for another number of members than <see cref="DnsAwareOptions.MaxEndpointsPerOrigin"/>.</summary>
    public Func<int, IMembershipPolicy> MakeMembership { get; init; } = _ => Membership;

    /// <summary>Finds an endpoint that can be connected to.</summary>
    public DialRace Race { get; } = new(Options.ConnectAttemptDelay, Cache.Clock.Provider);

    public SteadyClock Clock => Cache.Clock;
}
