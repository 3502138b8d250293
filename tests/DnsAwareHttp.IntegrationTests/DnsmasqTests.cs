using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>What dnsmasq says, and what happens when it says nothing.</summary>
public sealed class DnsmasqTests
{
    [ServerFact("dnsmasq")]
    public async Task ChangedRecord_IsFollowed()
    {
        await using LoopbackServer web = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.50.1", "127.0.50.2");
        await using DnsmasqServer dns = await DnsmasqServer.StartAsync(ttl: 1, "127.0.50.1 svc.test\n");
        await using DnsCache cache = new(new DnsCacheOptions { NameServers = [dns.Address] });
        using HttpClient client = new(new DnsAwareHandler(new SocketsHttpHandler(), null, cache));
        Uri uri = new($"http://svc.test:{web.Port}/whoami");
        (await client.GetStringAsync(uri)).Should().Be("127.0.50.1");

        await dns.SaysAsync("127.0.50.2 svc.test\n");

        await Eventually.Answers(() => client.GetStringAsync(uri), "127.0.50.2");
    }

    [ServerFact("dnsmasq")]
    public async Task AliasAndBothFamilies_AreFollowedToTheAddress()
    {
        await using LoopbackServer web = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.50.3");
        await using DnsmasqServer dns = await DnsmasqServer.StartAsync(ttl: 1, "127.0.50.3 real.test\nfd00::53 real.test\n", "--cname=svc.test,real.test");
        await using DnsCache cache = new(new DnsCacheOptions { NameServers = [dns.Address] });
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), null, cache);
        using HttpClient client = new(handler);

        (await client.GetStringAsync($"http://svc.test:{web.Port}/whoami")).Should().Be("127.0.50.3");

        handler.GetSnapshot().Origins.Single().Answer!.Addresses.Should().BeEquivalentTo([IPAddress.Parse("127.0.50.3"), IPAddress.Parse("fd00::53")]);
    }

    [ServerFact("dnsmasq")]
    public async Task UnknownName_IsANameResolutionErrorAtOnce()
    {
        await using DnsmasqServer dns = await DnsmasqServer.StartAsync(ttl: 1, "");
        await using DnsCache cache = new(new DnsCacheOptions { NameServers = [dns.Address] });
        using HttpClient client = new(new DnsAwareHandler(new SocketsHttpHandler(), null, cache));

        HttpRequestException error = (await client.Invoking(c => c.GetAsync("http://nowhere.test/")).Should().ThrowAsync<HttpRequestException>()).Which;

        error.HttpRequestError.Should().Be(HttpRequestError.NameResolutionError);
        error.Message.Should().Contain("NXDOMAIN");
    }

    [ServerFact("dnsmasq")]
    public async Task FiveHundredFirstRequests_CostOneQuestionPerFamily()
    {
        await using LoopbackServer web = await LoopbackServer.StartAsync(HttpProtocols.Http2, tls: false, null, "127.0.50.4");
        await using DnsmasqServer dns = await DnsmasqServer.StartAsync(ttl: 300, "127.0.50.4 svc.test\n");
        await using DnsCache cache = new(new DnsCacheOptions { NameServers = [dns.Address] });
        using HttpClient client = new(new DnsAwareHandler(new SocketsHttpHandler(), null, cache)) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => Task.Run(() => client.GetStringAsync($"http://svc.test:{web.Port}/whoami"))));

        answers.Should().OnlyContain(answer => answer == "127.0.50.4");
        dns.Log.Split("query[A] svc.test").Should().HaveCount(2);
        dns.Log.Split("query[AAAA] svc.test").Should().HaveCount(2);
    }

    [ServerFact("dnsmasq")]
    public async Task ServerStops_LastGoodAddressesServeOnWithoutAWait_AndItsReturnIsNoticed()
    {
        await using LoopbackServer web = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.50.5", "127.0.50.6");
        await using DnsmasqServer dns = await DnsmasqServer.StartAsync(ttl: 1, "127.0.50.5 svc.test\n");
        await using DnsCache cache = new(new DnsCacheOptions { NameServers = [dns.Address], QueryTimeout = TimeSpan.FromMilliseconds(300) });
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), null, cache);
        using HttpClient client = new(handler);
        Uri uri = new($"http://svc.test:{web.Port}/whoami");
        await client.GetStringAsync(uri);

        await dns.StopAsync();
        TimeSpan slowest = TimeSpan.Zero;
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(8))
        {
            long sent = Stopwatch.GetTimestamp();
            (await client.GetStringAsync(uri)).Should().Be("127.0.50.5");
            slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, Stopwatch.GetElapsedTime(sent).Ticks));
            await Task.Delay(20);
        }

        handler.GetSnapshot().Origins.Single().Answer!.IsStale.Should().BeTrue();
        slowest.Should().BeLessThan(TimeSpan.FromSeconds(3), "no request waits for a question that nobody answers");
        await dns.SaysNextAsync("127.0.50.6 svc.test\n");
        await Eventually.Answers(() => client.GetStringAsync(uri), "127.0.50.6");
    }

    [ServerFact("dnsmasq")]
    public async Task TwoHundredAddresses_ComeByTcpAndAreBounded()
    {
        await using LoopbackServer web = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, [.. Enumerable.Range(1, 200).Select(i => $"127.0.51.{i}")]);
        await using DnsmasqServer dns = await DnsmasqServer.StartAsync(ttl: 1, string.Concat(Enumerable.Range(1, 200).Select(i => $"127.0.51.{i} svc.test\n")));
        await using DnsCache cache = new(new DnsCacheOptions { NameServers = [dns.Address] });
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), null, cache);
        using HttpClient client = new(handler);

        (await client.GetStringAsync($"http://svc.test:{web.Port}/whoami")).Should().StartWith("127.0.51.");

        OriginSnapshot origin = handler.GetSnapshot().Origins.Single();
        origin.Answer!.Addresses.Should().HaveCount(200);
        origin.Endpoints.Should().HaveCount(64);
    }

    [ServerFact("dnsmasq")]
    public async Task AddressVanishesWhileAResponseStreams_ItCompletesAndWithDrainTimeoutItIsCut()
    {
        await using LoopbackServer web = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.50.7", "127.0.50.8");
        await using DnsmasqServer dns = await DnsmasqServer.StartAsync(ttl: 1, "127.0.50.7 svc.test\n");
        await using DnsCache cache = new(new DnsCacheOptions { NameServers = [dns.Address] });
        using HttpClient patient = new(new DnsAwareHandler(new SocketsHttpHandler(), null, cache));
        using HttpClient hasty = new(new DnsAwareHandler(new SocketsHttpHandler(), new DnsAwareOptions { DrainTimeout = TimeSpan.FromSeconds(1) }, cache));
        Uri gated = new($"http://svc.test:{web.Port}/gated");
        using HttpResponseMessage whole = await patient.GetAsync(gated, HttpCompletionOption.ResponseHeadersRead);
        using HttpResponseMessage cut = await hasty.GetAsync(gated, HttpCompletionOption.ResponseHeadersRead);

        await dns.SaysAsync("127.0.50.8 svc.test\n");
        await Eventually.Answers(() => patient.GetStringAsync($"http://svc.test:{web.Port}/whoami"), "127.0.50.8");

        await cut.Content.Invoking(content => content.ReadAsStringAsync()).Should().ThrowAsync<HttpRequestException>();
        web.Gate.SetResult();
        (await whole.Content.ReadAsStringAsync()).Should().Be("0123456789abcdefghij");
    }
}
