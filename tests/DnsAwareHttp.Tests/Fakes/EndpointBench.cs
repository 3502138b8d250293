using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>The scope of one origin, and pools of it whose dials end when the test says so. No packet leaves the loopback.</summary>
internal sealed class EndpointBench : IDisposable
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _dials = new();
    private readonly ConcurrentDictionary<string, EndpointDialer> _dialers = new();
    private readonly ConcurrentBag<IDisposable> _sockets = [];
    private readonly TcpListener _anywhere = new(IPAddress.Loopback, 0);

    public EndpointBench(DnsAwareOptions? options = null, bool tls = false, PoolLimits? limits = null)
    {
        _anywhere.Start();
        SteadyClock clock = new(Clock);
        Scope = new OriginScope(
            new PoolOwner("http://svc.test:80", "svc.test", 80), options ?? new DnsAwareOptions(), clock, new PoolDrainer(Clock, Log), new Random(1), Log)
        {
            Order = new AddressOrdering(Sources, Rotation: 0),
        };
        DialSettings settings = new(Timeout.InfiniteTimeSpan, null, Clock) { Connect = DialAsync, IsSilent = IsSilentSocket };
        Factory = new EndpointPoolFactory(new DnsEndPoint("svc.test", 80), settings, MakeHandler, () => clock.Now, limits) { BeginsWithTls = tls };
    }

    public ManualTimeProvider Clock { get; } = new();

    public CapturingLogger Log { get; } = new();

    /// <summary>All addresses have a route, unless the test says otherwise.</summary>
    public ScriptedSources Sources { get; } = new() { Otherwise = static address => address };

    public OriginScope Scope { get; }

    public OrderedLock Sync { get; } = new(LockRank.Origin);

    public EndpointPoolFactory Factory { get; }

    /// <summary>The addresses dialled, in order.</summary>
    public ConcurrentQueue<string> Dialled { get; } = new();

    /// <summary>Answers in place of each address.</summary>
    public Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> Answer { get; set; } =
        static (request, _) => Task.FromResult(new HttpResponseMessage { RequestMessage = request });

    /// <summary>Answers in place of each address, which it is told; null: <see cref="Answer"/> answers.</summary>
    public Func<string, HttpRequestMessage, Task<HttpResponseMessage>>? AnswerOf { get; set; }

    /// <summary>Whether the peer of every connection acknowledges nothing.</summary>
    public bool PeersAreSilent { get; set; }

    public EndpointPool Pool(string address, IPoolObserver? observer = null) => Factory.Make(IPAddress.Parse(address), observer);

    /// <summary>Dials to the address succeed from now on, those that wait among them.</summary>
    public void Opens(string address) => DialOf(address).TrySetResult();

    /// <summary>Dials to the address fail from now on.</summary>
    public void Refuses(string address) => DialOf(address).TrySetException(new SocketException((int)SocketError.ConnectionRefused));

    public Task HasDialled(string address) => Eventually.Holds(() => Dialled.Contains(address), $"{address} is dialled");

    /// <summary>A pool with an open connection.</summary>
    public EndpointPool Connected(string address)
    {
        EndpointPool pool = Pool(address);
        Connect(pool);
        return pool;
    }

    /// <summary>Opens a connection of a pool, which is the latest one of its address.</summary>
    public TrackedStream Connect(EndpointPool pool)
    {
        EndpointDialer dialer = _dialers[pool.Address.Address.ToString()];
        SocketPair pair = SocketPair.Make();
        _sockets.Add(pair);
        TrackedStream stream = dialer.Streams.Add(pair.Near)!;
        _sockets.Add(stream);
        dialer.Dialled!(null);
        return stream;
    }

    /// <summary>Ends the connections of a pool.</summary>
    public static void Disconnect(EndpointPool pool) => pool.CutConnections();

    /// <summary>Does something under the origin's lock.</summary>
    public T Locked<T>(Func<T> act)
    {
        using (Sync.Enter())
        {
            return act();
        }
    }

    /// <inheritdoc cref="Locked{T}(Func{T})"/>
    public void Locked(Action act)
    {
        using (Sync.Enter())
        {
            act();
        }
    }

    public void Dispose()
    {
        foreach (IDisposable socket in _sockets)
        {
            socket.Dispose();
        }

        _anywhere.Dispose();
        Log.Dispose();
    }

    private TaskCompletionSource DialOf(string address) =>
        _dials.GetOrAdd(address, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private async ValueTask DialAsync(Socket socket, IPEndPoint address, CancellationToken cancellationToken)
    {
        string name = address.Address.ToString();
        Task gate = DialOf(name).Task;
        Dialled.Enqueue(name);
        await gate.WaitAsync(cancellationToken);
        await socket.ConnectAsync(_anywhere.LocalEndpoint, cancellationToken);
    }

    private bool IsSilentSocket(Socket socket) => PeersAreSilent;

    private StubHandler MakeHandler(EndpointDialer dialer)
    {
        string address = dialer.Address.Address.ToString();
        _dialers[address] = dialer;
        return new StubHandler((request, cancellationToken) =>
            AnswerOf is null ? Answer(request, cancellationToken) : AnswerOf(address, request));
    }
}
