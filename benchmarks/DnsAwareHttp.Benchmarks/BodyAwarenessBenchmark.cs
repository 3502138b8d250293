using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Benchmarks;

/// <summary>What it costs to know of bodies that stream: counting reads on the connection, as the library does, and wrapping each response's content, as it could.</summary>
[MemoryDiagnoser]
public class BodyAwarenessBenchmark
{
    private readonly byte[] _buffer = new byte[1];
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly OpenStreams _streams = new();
    private readonly List<Socket> _far = [];
    private Stream _bare = null!;
    private Stream _tracked = null!;
    private byte[] _content = null!;

    [GlobalSetup]
    public void Setup()
    {
        _listener.Start();
        _bare = new NetworkStream(Connect(), ownsSocket: true);
        _tracked = _streams.Add(Connect())!;
        _content = new byte[1];
    }

    /// <summary>One byte there and back through a stream of the runtime's own.</summary>
    [Benchmark(Baseline = true)]
    public int BareStream()
    {
        _far[0].Send(_content);
        return _bare.Read(_buffer);
    }

    /// <summary>Likewise through ours, which counts.</summary>
    [Benchmark]
    public int TrackedStream()
    {
        _far[1].Send(_content);
        return _tracked.Read(_buffer);
    }

    /// <summary>What the endpoint watch pays, a few times a second, for each open connection.</summary>
    [Benchmark]
    public int LookAtAConnection() => _streams.CountStreaming();

    /// <summary>A response as it comes.</summary>
    [Benchmark]
    public HttpResponseMessage Response() => MakeResponse();

    /// <summary>Likewise, its content wrapped in one that reports its end.</summary>
    [Benchmark]
    public HttpResponseMessage WrappedResponse()
    {
        HttpResponseMessage response = MakeResponse();
        response.Content = new ReportingContent(response.Content);
        return response;
    }

    private HttpResponseMessage MakeResponse()
    {
        HttpResponseMessage response = new() { Content = new ByteArrayContent(_content) };
        response.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        response.Content.Headers.ContentLength = 1;
        return response;
    }

    private Socket Connect()
    {
        Socket near = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        near.Connect(_listener.LocalEndpoint);
        Socket far = _listener.AcceptSocket();
        far.NoDelay = true;
        _far.Add(far);
        return near;
    }

    // The least that a wrapper must do: the headers are part of the content and move with it.
    private sealed class ReportingContent : HttpContent
    {
        private readonly HttpContent _inner;

        public ReportingContent(HttpContent inner)
        {
            _inner = inner;
            foreach ((string name, HeaderStringValues values) in inner.Headers.NonValidated)
            {
                _ = Headers.TryAddWithoutValidation(name, values);
            }
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _inner.CopyToAsync(stream, context);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
