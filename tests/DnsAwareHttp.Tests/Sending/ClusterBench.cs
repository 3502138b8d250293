using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Membership;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Services;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Sending;

/// <summary>One cluster of the name <c>svc.test</c> on stubs: what each address answers is what the test says.</summary>
internal sealed class ClusterBench : IAsyncDisposable, IRequestRoutes
{
    private readonly ConcurrentDictionary<string, Func<HttpRequestMessage, Task<HttpResponseMessage>>> _answers = new();
    private readonly ConcurrentBag<Stream> _connections = [];
    private readonly ConcurrentDictionary<string, bool> _swallowing = new();
    private readonly TcpListener _anywhere = new(IPAddress.Loopback, 0);
    private readonly OriginScope _scope;
    private readonly EndpointPoolFactory _factory;
    private readonly Func<int, IMembershipPolicy> _membership;
    private readonly ConnectionRace _race;

    public ClusterBench(DnsAwareOptions? options = null, IMembershipPolicy? membership = null)
    {
        _anywhere.Start();
        options ??= new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.PickFirst };
        Cache = new DnsCache(resolver: Dns, timeProvider: Clock);
        GuardedLogger logger = new(Log);
        Drainer = new PoolDrainer(Clock, logger);
        Origin = new Origin(false, "svc.test", LoopbackServer.FreePort(), null, false);
        _membership = most => membership ?? new StrictMembership(most, 1);
        _race = new ConnectionRace(options.ConnectAttemptDelay, Clock);
        PoolOwner owner = new(Origin.ToString(), Origin.Host, Origin.Port) { Metrics = DnsAwareMetrics.Of(Meters).OriginOf(Origin.Host, Origin.Port) };
        _scope = new OriginScope(owner, options, Cache.Clock, Drainer, new Random(1), logger) { Order = new AddressOrdering(Sources, Rotation: 0), Lateness = Cache.Lateness };
        _factory = new EndpointPoolFactory(Origin.DialTarget, new DialSettings(options.ConnectTimeout, options.ConfigureSocket, Clock) { Connect = DialAsync, IsSilent = Silent.ContainsKey }, MakeHandler,
            () => Cache.Clock.Now, new PoolLimits { MaxRequestsPerConnection = options.MaxRequestsPerConnection, MaxPendingRequests = options.MaxPendingRequestsPerEndpoint })
        {
            Metrics = owner.Metrics,
        };
    }

    public ManualTimeProvider Clock { get; } = new();

    public MeasuredMeters Meters { get; } = new();

    public ScriptedResolver Dns { get; } = new();

    /// <summary>All addresses have a route, and none is better than another, unless the test says so.</summary>
    public ScriptedSources Sources { get; } = new() { Otherwise = static address => address };

    public CapturingLogger Log { get; } = new();

    public DnsCache Cache { get; }

    public PoolDrainer Drainer { get; }

    public Origin Origin { get; }

    public ConcurrentDictionary<string, StubHandler> Handlers { get; } = new();

    /// <summary>The latest dialer of each address.</summary>
    public ConcurrentDictionary<string, EndpointDialer> Dialers { get; } = new();

    /// <summary>Sockets whose peer acknowledges nothing.</summary>
    public ConcurrentDictionary<Socket, bool> Silent { get; } = new();

    /// <summary>The addresses dialled, in order.</summary>
    public ConcurrentQueue<string> Dialled { get; } = new();

    /// <summary>The addresses asked, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>The addresses asked, each with the path.</summary>
    public ConcurrentQueue<(string Address, string Path)> AskedFor { get; } = new();

    public int Reopened { get; private set; }

    public OriginCluster Open(params string[] addresses)
    {
        if (addresses.Length > 0)
        {
            Dns.Says("svc.test", 30, addresses);
        }

        return Start(new NameEndpoints(_scope, _membership(_scope.Options.MaxEndpointsPerOrigin), Cache, _factory));
    }

    /// <summary>A cluster whose origin is found by the SRV records of <c>_http._tcp.svc.test</c>.</summary>
    public OriginCluster OpenService() => Start(new ServiceEndpoints("_http._tcp.svc.test", _scope, _membership, Cache, _factory));

    /// <summary>From now on the address answers so; null: connecting fails.</summary>
    public void Says(string address, Func<HttpRequestMessage, Task<HttpResponseMessage>>? answer) => _answers[address] = answer ?? Refuse;

    public void Says(string address, HttpStatusCode status) => Says(address, _ => Task.FromResult(new HttpResponseMessage(status)));

    /// <summary>From now on connecting to the address never ends; or it does again.</summary>
    public void Swallows(string address, bool still = true) => _ = still ? _swallowing[address] = true : _swallowing.TryRemove(address, out _);

    /// <summary>Ends the connections of the address, as its handler does when they are idle for long.</summary>
    public void EndConnections(string address) => Dialers[address].Streams.CutAll();

    /// <summary>Opens a connection to the address, as its handler would for a request, and keeps it.</summary>
    public async Task<Socket> Connect(string address)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_anywhere.LocalEndpoint);
        _connections.Add(Dialers[address].Streams.Add(socket)!);
        Dialers[address].Dialled!(null);
        return socket;
    }

    /// <summary>Turns the clock until the name is asked again, and waits until the cluster was told the answer.</summary>
    public async Task Refresh(OriginCluster cluster)
    {
        int before = Dns.Questions("svc.test");
        DateTimeOffset since = cluster.Snapshot().Answer!.ExpiresAt;
        Clock.Advance(TimeSpan.FromSeconds(30.2));
        await Eventually.Holds(
            () =>
            {
                // The question is planned a moment after the answer before it was told: it may find its time past, and wait for the clock's next move.
                Clock.Advance(TimeSpan.FromMilliseconds(1));
                return Dns.Questions("svc.test") > before && cluster.Snapshot().Answer!.ExpiresAt > since && Cache.IsQuiet;
            },
            "the name is asked again");
    }

    public async ValueTask DisposeAsync()
    {
        await Cache.DisposeAsync();
        _anywhere.Dispose();
        foreach (Stream connection in _connections)
        {
            await connection.DisposeAsync();
        }

        Log.Dispose();
        Meters.Dispose();
    }

    public static async Task<HttpStatusCode> Send(OriginCluster cluster, HttpContent? content = null)
    {
        using HttpRequestMessage request = new(content is null ? HttpMethod.Get : HttpMethod.Post, "http://svc.test/") { Content = content };
        using HttpResponseMessage response = await cluster.SendAsync(request, null, async: true, CancellationToken.None);
        return response.StatusCode;
    }

    /// <summary>What people see of a cluster, with the pools that drain.</summary>
    public OriginSnapshot Snapshot(OriginCluster cluster) =>
        cluster.View().Snapshot(Drainer.Draining.Where(drain => drain.Owner == _scope.Owner));

    public static string[] Members(OriginCluster cluster) =>
        [.. cluster.Snapshot().Endpoints.Where(e => e.State is not EndpointState.Draining).Select(e => e.Address.Address.ToString())];

    public static EndpointState StateOf(OriginCluster cluster, string address) =>
        cluster.Snapshot().Endpoints.Single(e => e.Address.Address.ToString() == address).State;

    private static Task<HttpResponseMessage> Refuse(HttpRequestMessage request) => throw new SocketException((int)SocketError.ConnectionRefused);

    // No packet goes to the addresses that the tests name: all of them are one listener on the loopback, but for those that refuse.
    private async ValueTask DialAsync(Socket socket, IPEndPoint address, CancellationToken cancellationToken)
    {
        string name = address.Address.ToString();
        Dialled.Enqueue(name);
        if (_swallowing.ContainsKey(name))
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        if (_answers.TryGetValue(name, out Func<HttpRequestMessage, Task<HttpResponseMessage>>? answer) && answer == Refuse)
        {
            throw new SocketException((int)SocketError.ConnectionRefused);
        }

        await socket.ConnectAsync(_anywhere.LocalEndpoint, cancellationToken);
    }

    Task<HttpResponseMessage> IRequestRoutes.SendHopAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    OriginCluster IRequestRoutes.Reopen(Origin origin)
    {
        Reopened++;
        return Open();
    }

    private OriginCluster Start(IOriginEndpoints endpoints)
    {
        OriginUsage usage = new(Cache.Clock.Now, _scope.Metrics, Clock);
        EndpointWait wait = new(Origin, endpoints, usage, _race, Timeout.InfiniteTimeSpan, Clock, failures: null);
        OutlierWatch? outliers = _scope.Options.OutlierDetection.Enabled ? new OutlierWatch(_scope, () => endpoints.Current) : null;
        OutcomeReport? outcomes = outliers is null ? null : new OutcomeReport(_scope, outliers);
        RequestSender sender = new(Origin, _scope, endpoints, wait, this, outcomes: outcomes);
        OriginCluster cluster = new(Origin, _scope, endpoints, sender, usage, outliers);
        cluster.Start();
        return cluster;
    }

    private StubHandler MakeHandler(EndpointDialer dialer)
    {
        string address = dialer.Address.Address.ToString();
        Dialers[address] = dialer;
        return Handlers[address] = new StubHandler(async (request, cancellationToken) =>
        {
            Asked.Enqueue(address);
            AskedFor.Enqueue((address, request.RequestUri!.AbsolutePath));
            try
            {
                HttpResponseMessage response = _answers.TryGetValue(address, out Func<HttpRequestMessage, Task<HttpResponseMessage>>? answer)
                    ? await answer(request).WaitAsync(cancellationToken)
                    : new HttpResponseMessage { Content = new StringContent(address) };
                dialer.Dialled!(null);
                return response;
            }
            catch (SocketException exception)
            {
                dialer.Dialled!(exception);
                throw new HttpRequestException(HttpRequestError.ConnectionError, $"{exception.Message} (svc.test:80)", exception);
            }
        });
    }
}
