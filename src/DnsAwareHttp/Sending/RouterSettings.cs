using DnsAwareHttp.Balancing;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Sending;

/// <summary>The parts of a <see cref="RequestRouter"/>. A router with other options shares all other parts, for example the
/// drainer.</summary>
/// <param name="Template">Makes the endpoints' handlers.</param>
/// <param name="Options">Validated options that do not change.</param>
/// <param name="Cache">Gives answers.</param>
/// <param name="PassThrough">Sends requests that cannot be managed.</param>
/// <param name="Random">The source of random numbers.</param>
/// <param name="Logger">The log.</param>
internal sealed record RouterSettings(
    HandlerTemplate Template, DnsAwareOptions Options, DnsCache Cache, PassThrough PassThrough, Random Random, ILogger Logger)
{
    /// <summary>Drains pools. A successor has the same one, so that a drain stays in sight.</summary>
    public PoolDrainer Drainer { get; init; } = new(Cache.Clock.Provider, Logger);

    /// <summary>The metrics of the origins.</summary>
    public DnsAwareMetrics Metrics { get; init; } = Cache.Metrics;

    /// <summary>The same parts, with a drainer that notes changes in a journal.</summary>
    public RouterSettings NotingIn(ChangeJournal journal) =>
        this with { Drainer = new PoolDrainer(Cache.Clock.Provider, Logger) { Journal = journal } };

    /// <summary>The order of addresses.</summary>
    public AddressOrdering Order { get; init; } = new(new SourceAddresses(Cache.Clock.Provider), ProcessSeed.Value);

    /// <summary>The sessions. A successor has the same ones.</summary>
    public SessionTable Sessions { get; init; } = new();

    /// <summary>Makes an endpoint's handler in place of the template, for tests and benchmarks.</summary>
    public Func<EndpointDialer, HttpMessageHandler>? MakeHandler { get; init; }

    /// <summary>Dials in another way than the options say, for simulations.</summary>
    public DialSettings? Dialing { get; init; }

    /// <summary>Whether this host speaks HTTP/3.</summary>
    public bool SpeaksHttp3 { get; init; } = Http3.IsSupported;
}
