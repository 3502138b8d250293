using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Sending;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Benchmarks;

/// <summary>What a request pays on its way to an endpoint's handler: the whole of our path, with a stub in place of that handler.</summary>
[MemoryDiagnoser]
public class DispatchBenchmark
{
    private readonly HttpRequestMessage _request = new(HttpMethod.Get, "http://svc.test/");
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Stream> _open = [];
    private HttpMessageInvoker _bare = null!;
    private HttpMessageInvoker _ours = null!;

    [Params(1, 4)]
    public int Endpoints { get; set; }

    /// <summary>Whether the endpoint answers later, as a network does: then an async frame of ours is kept on the heap.</summary>
    [Params(false, true)]
    public bool Yields { get; set; }

    [Params(LoadBalancingPolicy.LeastRequests, LoadBalancingPolicy.RoundRobin, LoadBalancingPolicy.PeakEwma)]
    public LoadBalancingPolicy Policy { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _listener.Start();
        _bare = new HttpMessageInvoker(new StubEndpoint(Yields));
        DnsCache cache = new(resolver: new FixedResolver("10.0.0", Endpoints));
        RequestRouter router = new(new RouterSettings(
            HandlerTemplate.ReadFrom(new SocketsHttpHandler()), new DnsAwareOptions { LoadBalancing = Policy }, cache,
            new PassThrough(static (_, _, _) => throw new InvalidOperationException()), Random.Shared, NullLogger.Instance)
        {
            MakeHandler = Connected,
        });
        _ours = new HttpMessageInvoker(new RouterHandler(router));
        _ours.SendAsync(_request, CancellationToken.None).GetAwaiter().GetResult();
    }

    [Benchmark(Baseline = true)]
    public Task<HttpResponseMessage> Bare() => _bare.SendAsync(_request, CancellationToken.None);

    [Benchmark]
    public Task<HttpResponseMessage> Ours() => _ours.SendAsync(_request, CancellationToken.None);

    // An endpoint with an open connection, as it is when traffic flows. The stub answers, so nothing travels over it.
    private StubEndpoint Connected(EndpointDialer dialer)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(_listener.LocalEndpoint);
        _open.Add(dialer.Streams.Add(socket)!);
        return new StubEndpoint(Yields);
    }
}
