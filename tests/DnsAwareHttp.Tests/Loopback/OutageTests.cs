using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>Name servers that say nothing of use for a minute: nobody notices.</summary>
public sealed class OutageTests
{
    [Theory]
    [InlineData(DnsMode.Silent)]
    [InlineData(DnsMode.ServFail)]
    [InlineData(DnsMode.Refused)]
    public async Task MinuteWithoutAnswers_FailsNoRequestAndDelaysNone(DnsMode mode)
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.4.1", "127.0.4.2");
        await using ScriptedDnsServer dns = ScriptedDnsServer.Start();
        dns.Says("svc.test", ttl: 1, "127.0.4.1");
        ManualTimeProvider clock = new();
        using TemporaryFile empty = new();
        empty.Write("");
        await using DnsCache cache = new(new DnsCacheOptions { NameServers = [dns.Address], ResolvConfPath = empty.Path, UseHostsFile = false }, timeProvider: clock);
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), null, cache);
        using HttpClient client = new(handler);
        Uri uri = new($"http://svc.test:{server.Port}/whoami");
        (await client.GetStringAsync(uri)).Should().Be("127.0.4.1");

        dns.Mode = mode;
        for (int second = 0; second < 60; second++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));

            // The clock stands still now: a request that waited for DNS would never end.
            (await client.GetStringAsync(uri).WaitAsync(TimeSpan.FromSeconds(30))).Should().Be("127.0.4.1");
        }

        await Eventually.Holds(() => handler.GetSnapshot().Origins[0].Answer!.IsStale, "the outage is noticed");
        dns.Mode = DnsMode.Answer;
        dns.Says("svc.test", ttl: 1, "127.0.4.2");
        await Eventually.Holds(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return !handler.GetSnapshot().Origins[0].Answer!.IsStale;
            },
            "its end is noticed");
        await Eventually.Answers(() => client.GetStringAsync(uri), "127.0.4.2");
    }
}
