using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Sending;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Benchmarks;

/// <summary>How long one collection of the observable instruments takes: 1,000 origins, each with eight addresses and a connection to each.</summary>
internal static class ObservationBenchmark
{
    private const int Origins = 1_000;
    private const int Addresses = 8;
    private const int Rounds = 100;

    public static async Task<int> RunAsync()
    {
        using TcpListener server = new(IPAddress.Loopback, 0);
        server.Start(backlog: Origins);
        List<Stream> open = [];
        using PrivateMeters meters = new();
        RequestRouter router = new(new RouterSettings(
            HandlerTemplate.ReadFrom(new SocketsHttpHandler()), new DnsAwareOptions(), new DnsCache(resolver: new FixedResolver("10.0.0", Addresses)),
            new PassThrough(static (_, _, _) => throw new InvalidOperationException()), Random.Shared, NullLogger.Instance)
        {
            MakeHandler = dialer =>
            {
                Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Connect(server.LocalEndpoint);
                server.AcceptSocket();
                open.Add(dialer.Streams.Add(socket)!);
                return new StubEndpoint(yields: false);
            },
            Metrics = DnsAwareMetrics.Of(meters),
        });
        for (int i = 0; i < Origins; i++)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, $"http://host{i}.test/");
            await router.SendAsync(request, async: true, CancellationToken.None).ConfigureAwait(false);
        }

        Console.WriteLine($"{Origins} origins, {open.Count} connections");
        MetricObservations observations = new(DnsAwareMetrics.Of(meters), new LeapingTime());
        Report("dnsaware.answer.age", () => observations.AnswerAges().Count());
        Report("dnsaware.endpoint.count", () => observations.Endpoints().Count());
        Report("dnsaware.request.waiting", () => observations.Waiting().Count());
        Report("dnsaware.tcp.rtt, dnsaware.tcp.retransmit.count", () => observations.RoundTripTimes().Count());
        GC.KeepAlive(router);
        return 0;
    }

    private static void Report(string instruments, Func<int> observe)
    {
        int measured = 0;
        List<double> times = [];
        for (int round = 0; round < Rounds; round++)
        {
            long began = Stopwatch.GetTimestamp();
            measured = observe();
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        // The shortest one was not interrupted.
        times.Sort();
        Console.WriteLine($"{instruments}: {measured} measurements, shortest {times[0]:0.00} ms, median {times[Rounds / 2]:0.00} ms");
    }

    // Each look at the connections is a new one.
    private sealed class LeapingTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _now++;
    }
}
