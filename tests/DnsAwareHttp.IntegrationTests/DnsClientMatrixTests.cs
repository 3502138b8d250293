using System.Net;
using DnsAwareHttp.DnsClient;
using DnsClient;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>What real name servers say, as the DnsClient package and the cache above it understand it.</summary>
public sealed class DnsClientMatrixTests
{
    public static TheoryData<string, string, string> Rows()
    {
        TheoryData<string, string, string> rows = [];
        foreach (object[] row in NameServerMatrixTests.Rows())
        {
            // The package has words of its own for codes of failures.
            string expected = (string)row[2] switch
            {
                "Failed REFUSED" => "Failed Refused",
                "Failed SERVFAIL" => "Failed ServerFailure",
                string other => other,
            };
            rows.Add((string)row[0], (string)row[1], expected);
        }

        return rows;
    }

    public static TheoryData<string> Programs() => [.. ZoneServer.Programs];

    [ServerTheory("dnsmasq", "named", "knotd", "unbound")]
    [MemberData(nameof(Rows))]
    public async Task Answer_IsUnderstood(string program, string host, string expected)
    {
        await using ZoneServer server = await ZoneServer.StartAsync(program);
        await using DnsCache cache = Cache(new LookupClientOptions(server.EndPoint));

        NameServerMatrixTests.Said(await cache.PrefetchAsync(host)).Should().Be(expected);
    }

    [ServerTheory("dnsmasq", "named", "knotd", "unbound")]
    [MemberData(nameof(Programs))]
    public async Task LoopOfAliases_IsNoAddress(string program)
    {
        await using ZoneServer server = await ZoneServer.StartAsync(program);
        await using DnsCache cache = Cache(new LookupClientOptions(server.EndPoint));

        (await cache.PrefetchAsync("loop.test")).Should().NotBeOfType<Answer.Found>();
    }

    [ServerTheory("dnsmasq", "named", "knotd", "unbound")]
    [MemberData(nameof(Programs))]
    public async Task Services_AreTargets(string program)
    {
        await using ZoneServer server = await ZoneServer.StartAsync(program);
        DnsClientResolver resolver = new(new LookupClientOptions(server.EndPoint));
        using CancellationTokenSource end = new(TimeSpan.FromMinutes(1));

        Answer answer = await resolver.ResolveServiceAsync("_http._tcp.test", end.Token);

        answer.Should().BeOfType<Answer.Found>().Which.Targets!.Value.Should().BeEquivalentTo(
            [new ServiceTarget("one.test", 8080, 1, 60), new ServiceTarget("two.test", 8081, 1, 40)]);
    }

    [ServerTheory("dnsmasq", "named", "knotd", "unbound")]
    [MemberData(nameof(Programs))]
    public async Task LostQuestion_IsAskedOnceMore(string program)
    {
        await using ZoneServer server = await ZoneServer.StartAsync(program);
        await using UnreliableRelay relay = new(server.EndPoint) { Loses = 2 };
        await using DnsCache cache = Cache(new LookupClientOptions(relay.EndPoint));

        NameServerMatrixTests.Said(await cache.PrefetchAsync("one.test")).Should().StartWith("10.0.0.1, TTL ");
    }

    [ServerTheory("dnsmasq", "named", "knotd", "unbound")]
    [MemberData(nameof(Programs))]
    public async Task SilentFirstServer_TheSecondAnswers(string program)
    {
        await using ZoneServer server = await ZoneServer.StartAsync(program);
        await using UnreliableRelay never = new(server.EndPoint) { Loses = int.MaxValue };
        await using DnsCache cache = Cache(new LookupClientOptions(never.EndPoint, server.EndPoint));

        NameServerMatrixTests.Said(await cache.PrefetchAsync("one.test")).Should().StartWith("10.0.0.1, TTL ");
    }

    [ServerTheory("dnsmasq", "named", "knotd", "unbound")]
    [MemberData(nameof(Programs))]
    public async Task RestartedServer_AnswersAgain(string program)
    {
        await using ZoneServer server = await ZoneServer.StartAsync(program);
        await using DnsCache cache = Cache(new LookupClientOptions(server.EndPoint));
        await server.StopAsync();
        (await cache.PrefetchAsync("one.test")).Should().BeOfType<Answer.Failed>();

        await server.StartAsync();

        await Eventually.Answers(async () => NameServerMatrixTests.Said(await cache.PrefetchAsync("one.test")), "10.0.0.1, TTL 60");
    }

    [NamespaceFact("dnsmasq")]
    public async Task ResolvConfNamesOtherServers_TheyAreAsked()
    {
        await using DnsmasqServer first = await DnsmasqServer.StartAsync(ttl: 1, "10.0.0.1 svc.test");
        await using DnsmasqServer second = await DnsmasqServer.StartAsync(ttl: 1, "10.0.0.2 svc.test");
        await using UnreliableRelay one = new(new IPEndPoint(IPAddress.Loopback, first.Port), new IPEndPoint(IPAddress.Parse("127.0.77.1"), 53));
        await using UnreliableRelay other = new(new IPEndPoint(IPAddress.Loopback, second.Port), new IPEndPoint(IPAddress.Parse("127.0.77.2"), 53));
        using TemporaryFolder folder = new();
        folder.Write("resolv.conf", "# ours\nnameserver 127.0.77.1\noptions ndots:1\n");
        await using DnsCache cache = new(resolver: new DnsClientResolver(new LookupClientOptions(), folder["resolv.conf"]));
        NameServerMatrixTests.Said(await cache.PrefetchAsync("svc.test")).Should().Be("10.0.0.1, TTL 1");

        folder.Write("resolv.conf", "nameserver ::ffff:127.0.77.2\n");

        await Eventually.Answers(async () => NameServerMatrixTests.Said(await cache.PrefetchAsync("svc.test")), "10.0.0.2, TTL 1");
    }

    private static DnsCache Cache(LookupClientOptions options) => new(resolver: new DnsClientResolver(options));
}
