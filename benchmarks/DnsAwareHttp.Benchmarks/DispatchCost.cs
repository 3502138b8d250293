using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Sending;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Benchmarks;

/// <summary>
/// What a request pays on its way to an endpoint's handler, in processor time over the bare handler: the whole of our path, with a stub in
/// place of that handler.
/// </summary>
/// <remarks>
/// Bare and ours take turns in one process, and the best run of each counts: other processes only add time. A run is shorter than the turn of
/// a process on its processor, so that some runs are whole. An answer that comes later is
/// given by the measured thread itself after the call has returned, so that no thread's wake-up is measured.
/// </remarks>
internal static class DispatchCost
{
    private const int Requests = 20_000;
    private const int Rounds = 150;

    public static int Run()
    {
        using TcpListener server = new(IPAddress.Loopback, 0);
        server.Start();
        Console.WriteLine("endpoints origins  host policy          answer     bare ns  ours ns  over ns  over bytes");
        foreach ((int endpoints, int origins, int length, LoadBalancingPolicy policy) in Cases())
        {
            Measure(new DispatchSubject(server, endpoints, origins, length, policy));
        }

        return 0;
    }

    private static IEnumerable<(int Endpoints, int Origins, int Length, LoadBalancingPolicy Policy)> Cases() =>
    [
        (1, 1, 8, LoadBalancingPolicy.LeastRequests), (4, 1, 8, LoadBalancingPolicy.LeastRequests),
        (1, 1, 8, LoadBalancingPolicy.RoundRobin), (4, 1, 8, LoadBalancingPolicy.RoundRobin),
        (1, 16, 8, LoadBalancingPolicy.LeastRequests), (1, 16, 86, LoadBalancingPolicy.LeastRequests),
        (1, 1_000, 8, LoadBalancingPolicy.LeastRequests),
    ];

    private static void Measure(DispatchSubject subject)
    {
        foreach (bool isLate in new[] { false, true })
        {
            (double Time, double Bytes) bare = (double.MaxValue, 0), ours = (double.MaxValue, 0);
            for (int round = 0; round < Rounds; round++)
            {
                bare = Better(bare, subject.Send(subject.Bare, Requests, isLate));
                ours = Better(ours, subject.Send(subject.Ours, Requests, isLate));
            }

            (double time, double bytes) = (ours.Time - bare.Time, ours.Bytes - bare.Bytes);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{subject} {(isLate ? "later" : "at once"),-8} {bare.Time,9:F0} {ours.Time,8:F0} {time,8:F0} {bytes,11:F0}"));
        }
    }

    private static (double Time, double Bytes) Better((double Time, double Bytes) one, (double Time, double Bytes) other) =>
        other.Time < one.Time ? other : one;
}

/// <summary>A bare and an own handler over stubs, with the requests that are sent.</summary>
internal sealed class DispatchSubject
{
    private readonly List<Stream> _open = [];
    private readonly HttpRequestMessage[] _requests;
    private readonly PromptStub _stub = new();
    private readonly string _name;

    public DispatchSubject(TcpListener server, int endpoints, int origins, int length, LoadBalancingPolicy policy)
    {
        _name = $"{endpoints,9} {origins,7} {length,5} {policy,-14}";
        _requests = [.. Enumerable.Range(0, origins).Select(i => new HttpRequestMessage(HttpMethod.Get, $"http://{HostOf(i, length)}/"))];
        Bare = new HttpMessageInvoker(_stub);
        RequestRouter router = new(new RouterSettings(
            HandlerTemplate.ReadFrom(new SocketsHttpHandler()), new DnsAwareOptions { LoadBalancing = policy },
            new DnsCache(resolver: new FixedResolver("10.0.0", endpoints)),
            new PassThrough(static (_, _, _) => throw new InvalidOperationException()), Random.Shared, NullLogger.Instance)
        {
            MakeHandler = dialer =>
            {
                // An endpoint with an open connection, as it is when traffic flows. The stub answers, so nothing travels over it.
                Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Connect(server.LocalEndpoint);
                server.AcceptSocket();
                _open.Add(dialer.Streams.Add(socket)!);
                return _stub;
            },
        });
        Ours = new HttpMessageInvoker(new RouterHandler(router));
        _ = Send(Ours, origins * 4, isLate: false);
    }

    public HttpMessageInvoker Bare { get; }

    public HttpMessageInvoker Ours { get; }

    /// <summary>Nanoseconds of processor time and bytes for each request.</summary>
    public (double Time, double Bytes) Send(HttpMessageInvoker invoker, int requests, bool isLate)
    {
        _stub.IsLate = isLate;
        GC.Collect();
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan began = Environment.CpuUsage.TotalTime;
        for (int i = 0, next = 0; i < requests; i++)
        {
            Task<HttpResponseMessage> sending = invoker.SendAsync(_requests[next], CancellationToken.None);
            if (isLate)
            {
                _stub.Answer();
            }

            sending.GetAwaiter().GetResult();
            next = next + 1 == _requests.Length ? 0 : next + 1;
        }

        TimeSpan time = Environment.CpuUsage.TotalTime - began;
        return (time.TotalNanoseconds / requests, (double)(GC.GetAllocatedBytesForCurrentThread() - bytes) / requests);
    }

    public override string ToString() => _name;

    // A label has at most 63 characters.
    private static string HostOf(int number, int length)
    {
        string first = $"h{number.ToString(CultureInfo.InvariantCulture)}".PadRight(Math.Min(length - 5, 60), 'x');
        return length > 65 ? $"{first}.{new string('y', length - 66)}.test" : $"{first}.test";
    }

    /// <summary>Answers at once, or when it is told to.</summary>
    private sealed class PromptStub : HttpMessageHandler
    {
        private readonly HttpResponseMessage _response = new(HttpStatusCode.OK);
        private readonly Task<HttpResponseMessage> _answered;
        private TaskCompletionSource<HttpResponseMessage> _later = new();

        public PromptStub() => _answered = Task.FromResult(_response);

        public bool IsLate { get; set; }

        public void Answer() => _later.SetResult(_response);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            IsLate ? (_later = new TaskCompletionSource<HttpResponseMessage>()).Task : _answered;
    }
}
