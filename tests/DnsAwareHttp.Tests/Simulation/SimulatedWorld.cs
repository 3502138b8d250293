using System.Net;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Tests.Simulation;

/// <summary>A clock, a name and a network by hand, and all between them real but the endpoints' handlers.</summary>
internal sealed class SimulatedWorld : IDisposable
{
    private readonly DnsAwareOptions _options;

    public SimulatedWorld(DnsAwareOptions options)
    {
        _options = options;
        Name = new SimulatedName(Dns);
        Network = new SimulatedNetwork(Tally);
        Traffic = new SimulatedTraffic(Tally);
        Referee = new Referee(Tally);
        Cache = new DnsCache(resolver: Dns, timeProvider: Clock);
        Inspector = new Inspector(Cache, Clock, Name, Referee);
    }

    public Tally Tally { get; } = new();

    public ManualTimeProvider Clock { get; } = new();

    public ScriptedResolver Dns { get; } = new();

    public SimulatedName Name { get; }

    public SimulatedNetwork Network { get; }

    public SimulatedTraffic Traffic { get; }

    public Referee Referee { get; }

    public Inspector Inspector { get; }

    public DnsCache Cache { get; }

    public static IPAddress Address(int last) => IPAddress.Parse($"10.9.0.{last}");

    public RequestRouter OpenRouter() => new(
        new RouterSettings(HandlerTemplate.ReadFrom(new SocketsHttpHandler { UseProxy = false }), _options, Cache, new PassThrough(RefuseCancelled), Random.Shared, NullLogger.Instance)
        {
            MakeHandler = MakeHandler,
            Dialing = new DialSettings(_options.ConnectTimeout, null, Clock) { Connect = Network.ConnectAsync, IsSilent = Network.IsSilent },
        });

    // As the wrapped handler does: it is given nothing else here.
    private static Task<HttpResponseMessage> RefuseCancelled(HttpRequestMessage request, bool async, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? Task.FromCanceled<HttpResponseMessage>(cancellationToken) : throw new NotSupportedException();

    public void Dispose()
    {
        Cache.Dispose();
        Network.Dispose();
    }

    private SimulatedHandler MakeHandler(EndpointDialer dialer)
    {
        Tally.Count(Happening.HandlersMade);
        SimulatedHandler handler = new(dialer, Network, Traffic, Referee);
        Inspector.NoteMade(handler);
        return handler;
    }
}
