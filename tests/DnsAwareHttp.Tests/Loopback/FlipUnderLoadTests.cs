using System.Collections.Concurrent;
using System.Net;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit.Abstractions;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>Addresses come and go while many workers send: no request may fail, no body may be cut, no socket may stay.</summary>
public sealed class FlipUnderLoadTests(ITestOutputHelper output)
{
    private const int Workers = 64;
    private const int Flips = 40;
    private static readonly byte[] Body = [.. Enumerable.Range(0, 20_000).Select(i => (byte)i)];

    public static TheoryData<HttpProtocols, bool, MembershipMode> Rows() => new()
    {
        { HttpProtocols.Http1, false, MembershipMode.Strict },
        { HttpProtocols.Http2, false, MembershipMode.Strict },
        { HttpProtocols.Http1AndHttp2, true, MembershipMode.Strict },
        { HttpProtocols.Http1, true, MembershipMode.Adaptive },
        { HttpProtocols.Http2, false, MembershipMode.Adaptive },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task EachFlip_FailsNoRequestCutsNoBodyAndLeavesNoSocket(HttpProtocols protocols, bool tls, MembershipMode membership)
    {
        string[] addresses = [.. Enumerable.Range(1, 4 + (2 * Flips)).Select(i => $"127.0.{20 + (i / 200)}.{1 + (i % 200)}")];
        await using LoopbackServer server = await LoopbackServer.StartAsync(protocols, tls, null, addresses);
        ScriptedResolver dns = new();
        await using DnsCache cache = new(new DnsCacheOptions { MinTtl = TimeSpan.FromMilliseconds(100) }, dns);
        SocketsHttpHandler wrapped = new();
        wrapped.SslOptions.RemoteCertificateValidationCallback = delegate { return true; };
        DnsAwareHandler handler = new(wrapped, new DnsAwareOptions { Membership = membership }, cache);
        HttpClient client = new(handler)
        {
            BaseAddress = new Uri($"{(tls ? "https" : "http")}://svc.test:{server.Port}"),
            DefaultRequestVersion = protocols == HttpProtocols.Http1 ? HttpVersion.Version11 : HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        dns.Says("svc.test", 0, addresses[0], addresses[1]);
        ConcurrentBag<string> failures = [];
        int sent = 0;
        using CancellationTokenSource stop = new();
        Task[] workers = [.. Enumerable.Range(0, Workers).Select(_ => Task.Run(WorkAsync))];

        for (int flip = 1; flip <= Flips; flip++)
        {
            // Strict: two sets in turn. Otherwise: to a set that never returns.
            int set = membership is MembershipMode.Strict ? flip % 2 : flip;
            string[] next = [addresses[2 * set], addresses[(2 * set) + 1]];
            dns.Says("svc.test", 0, next);
            await Eventually.Holds(() => Members(handler).SetEquals(next), $"flip {flip} is followed");
        }

        await stop.CancelAsync();
        await Task.WhenAll(workers);
        client.Dispose();
        await handler.WhenDrained();

        output.WriteLine($"{protocols} tls={tls} {membership}: {sent} requests, {Flips} flips");
        failures.Should().BeEmpty();
        sent.Should().BeGreaterThan(Flips);
        await Eventually.Holds(() => server.OpenConnections == 0, "all sockets close");

        async Task WorkAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    if (Interlocked.Increment(ref sent) % 3 == 0)
                    {
                        using HttpResponseMessage echo = await client.PostAsync("/echo", new ByteArrayContent(Body), CancellationToken.None);
                        byte[] back = await echo.Content.ReadAsByteArrayAsync(CancellationToken.None);
                        if (!back.AsSpan().SequenceEqual(Body))
                        {
                            failures.Add($"{back.Length} bytes came back");
                        }
                    }
                    else
                    {
                        _ = await client.GetStringAsync("/whoami", CancellationToken.None);
                    }
                }
                catch (Exception exception)
                {
                    failures.Add(exception.ToString());
                }
            }
        }
    }

    private static HashSet<string> Members(DnsAwareHandler handler) =>
        [.. handler.GetSnapshot().Origins.SelectMany(o => o.Endpoints).Where(e => e.State is not EndpointState.Draining).Select(e => e.Address.Address.ToString())];
}
