using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Sending;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Benchmarks;

/// <summary>What the metrics cost a request: without a meter, without a listener, and with one that listens to all instruments.</summary>
[MemoryDiagnoser]
public class MetricsBenchmark : IDisposable
{
    private readonly HttpRequestMessage _request = new(HttpMethod.Get, "http://svc.test/");
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly List<Stream> _open = [];
    private readonly PrivateMeters _silent = new();
    private readonly PrivateMeters _heard = new();
    private readonly MeterListener _listener = new();
    private HttpMessageInvoker _withoutMeter = null!;
    private HttpMessageInvoker _withoutListener = null!;
    private HttpMessageInvoker _withListener = null!;
    private OriginMetrics _origin = null!;
    private OriginMetrics _heardOrigin = null!;
    private long _sum;

    [GlobalSetup]
    public void Setup()
    {
        _server.Start();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == _heard)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) => _sum += value);
        _listener.SetMeasurementEventCallback<double>((_, _, _, _) => _sum++);
        _listener.Start();
        _withoutMeter = Make(DnsAwareMetrics.None);
        _withoutListener = Make(DnsAwareMetrics.Of(_silent));
        _withListener = Make(DnsAwareMetrics.Of(_heard));
        _origin = DnsAwareMetrics.Of(_silent).OriginOf("svc.test", 80);
        _heardOrigin = DnsAwareMetrics.Of(_heard).OriginOf("svc.test", 80);
    }

    [Benchmark(Baseline = true)]
    public Task<HttpResponseMessage> WithoutMeter() => _withoutMeter.SendAsync(_request, CancellationToken.None);

    [Benchmark]
    public Task<HttpResponseMessage> WithoutListener() => _withoutListener.SendAsync(_request, CancellationToken.None);

    [Benchmark]
    public Task<HttpResponseMessage> WithListener() => _withListener.SendAsync(_request, CancellationToken.None);

    /// <summary>The two measurements of a request alone.</summary>
    [Benchmark]
    public void MeasurementsWithoutListener() => Measure(_origin);

    [Benchmark]
    public void MeasurementsWithListener() => Measure(_heardOrigin);

    public void Dispose()
    {
        _listener.Dispose();
        _silent.Dispose();
        _heard.Dispose();
        _server.Dispose();
        _request.Dispose();
        GC.SuppressFinalize(this);
    }

    private static void Measure(OriginMetrics origin)
    {
        if (origin.CountsCacheRequests)
        {
            origin.OnRequest(isKnown: true, isStale: false);
        }

        origin.EndpointOf(Address, isTagged: false).OnAnswered(isNew: false);
    }

    private static IPEndPoint Address { get; } = new(IPAddress.Loopback, 80);

    private HttpMessageInvoker Make(DnsAwareMetrics metrics)
    {
        RequestRouter router = new(new RouterSettings(
            HandlerTemplate.ReadFrom(new SocketsHttpHandler()), new DnsAwareOptions(), new DnsCache(resolver: new FixedResolver("10.0.0", 1)),
            new PassThrough(static (_, _, _) => throw new InvalidOperationException()), Random.Shared, NullLogger.Instance)
        {
            MakeHandler = Connected,
            Metrics = metrics,
        });
        HttpMessageInvoker invoker = new(new RouterHandler(router));
        invoker.SendAsync(_request, CancellationToken.None).GetAwaiter().GetResult();
        return invoker;
    }

    private StubEndpoint Connected(EndpointDialer dialer)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(_server.LocalEndpoint);
        _open.Add(dialer.Streams.Add(socket)!);
        return new StubEndpoint(yields: false);
    }
}
