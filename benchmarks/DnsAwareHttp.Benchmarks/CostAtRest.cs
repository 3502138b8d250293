using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Sending;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Benchmarks;

/// <summary>What many origins cost in the background: their answers while nothing changes, and the looks at their endpoints.</summary>
internal static class CostAtRest
{
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(12);

    /// <summary>Names whose answer never changes, without requests. The TTL is short, so that there is much to measure.</summary>
    public static async Task<int> RunAnswersAsync()
    {
        Console.WriteLine("names members   answers   µs each   bytes each   10,000 names with TTL 60 s, of a core");
        foreach (int members in new[] { 1, 8, 100 })
        {
            int names = members > 8 ? 100 : 1_000;
            CountingResolver resolver = new(members, TimeSpan.FromSeconds(2));
            using TcpListener server = new(IPAddress.Loopback, 0);
            RequestRouter router = Open(server, resolver, names, connects: false);
            await Task.Delay(TimeSpan.FromSeconds(5));
            (long answers, long bytes) = (resolver.Questions, GC.GetTotalAllocatedBytes());
            TimeSpan began = Environment.CpuUsage.TotalTime;
            await Task.Delay(Measured);
            answers = resolver.Questions - answers;
            double each = (Environment.CpuUsage.TotalTime - began).TotalMicroseconds / answers;
            bytes = (GC.GetTotalAllocatedBytes() - bytes) / answers;
            double share = each * 10_000 / 60 / 1e6;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{names,5} {members,7} {answers,9} {each,9:F0} {bytes,12:N0}   {share:P2}"));
            router.Close();
        }

        return 0;
    }

    /// <summary>1,000 origins with 8 endpoints, and 5 requests a second to each. The requests alone are measured with few origins.</summary>
    public static async Task<int> RunLookAsync()
    {
        const int Rate = 5_000;
        using TcpListener server = new(IPAddress.Loopback, 0);
        server.Start(backlog: 512);
        Console.WriteLine("origins endpoints  requests/s   of a core");
        foreach ((int origins, int endpoints) in new[] { (1, 1), (1_000, 1), (1_000, 8) })
        {
            RequestRouter router = Open(server, new CountingResolver(endpoints, TimeSpan.FromHours(1)), origins, connects: true);
            HttpRequestMessage[] requests = [.. Enumerable.Range(0, origins).Select(RequestTo)];
            TimeSpan began = TimeSpan.Zero;
            long sent = 0;
            long start = Environment.TickCount64;
            for (long tick = 1; tick * 20 < 2_000 + Measured.TotalMilliseconds; tick++)
            {
                if (tick == 100)
                {
                    (began, sent) = (Environment.CpuUsage.TotalTime, 0);
                }

                for (int i = 0; i < Rate / 50; i++, sent++)
                {
                    await router.SendAsync(requests[sent % origins], async: true, CancellationToken.None);
                }

                await Task.Delay(TimeSpan.FromMilliseconds(Math.Max(1, start + (tick * 20) - Environment.TickCount64)));
            }

            double share = (Environment.CpuUsage.TotalTime - began).TotalMilliseconds / Measured.TotalMilliseconds;
            double rate = sent / Measured.TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{origins,7} {endpoints,9} {rate,11:N0}   {share:P2}"));
            router.Close();
        }

        return 0;
    }

    private static HttpRequestMessage RequestTo(int origin) => new(HttpMethod.Get, $"http://service-{origin}.test/");

    private static RequestRouter Open(TcpListener server, INameResolver resolver, int origins, bool connects)
    {
        List<Stream> open = [];
        RequestRouter router = new(new RouterSettings(
            HandlerTemplate.ReadFrom(new SocketsHttpHandler()), new DnsAwareOptions(), new DnsCache(resolver: resolver),
            new PassThrough(static (_, _, _) => throw new InvalidOperationException()), Random.Shared, NullLogger.Instance)
        {
            MakeHandler = dialer =>
            {
                if (connects)
                {
                    Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    socket.Connect(server.LocalEndpoint);
                    server.AcceptSocket();
                    open.Add(dialer.Streams.Add(socket)!);
                }

                return new StubEndpoint(yields: false);
            },
        });
        for (int i = 0; i < origins; i++)
        {
            router.Reopen(Origin.Of(RequestTo(i).RequestUri!, proxy: null, isAnonymous: false));
        }

        GC.KeepAlive(open);
        return router;
    }

    /// <summary>Says the same of each name, each time in another order, as name servers do.</summary>
    private sealed class CountingResolver(int count, TimeSpan ttl) : INameResolver
    {
        private readonly ImmutableArray<IPAddress>[] _orders =
        [
            .. Enumerable.Range(0, Math.Min(count, 8)).Select(first =>
                Enumerable.Range(0, count).Select(i => IPAddress.Parse($"127.0.1.{((i + first) % count) + 1}")).ToImmutableArray()),
        ];

        private int _questions;

        public int Questions => Volatile.Read(ref _questions);

        public ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken) =>
            ValueTask.FromResult<Answer>(new Answer.Found(_orders[Interlocked.Increment(ref _questions) % _orders.Length], ttl));
    }
}
