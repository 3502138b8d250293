using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>What real name servers say, as our cache understands it.</summary>
public sealed class NameServerMatrixTests
{
    private const string Two = "10.0.0.1 10.0.0.2 fd00::1 fd00::2";

    private static readonly string Big = string.Join(' ', Enumerable.Range(1, 200).Select(host => $"10.1.0.{host}").Order(StringComparer.Ordinal));

    public static TheoryData<string, string, string> Rows()
    {
        TheoryData<string, string, string> rows = [];
        foreach (string program in ZoneServer.Programs)
        {
            bool isDnsmasq = program == "dnsmasq";
            rows.Add(program, "one.test", "10.0.0.1, TTL 60");
            rows.Add(program, "two.test", $"{Two}, TTL 60");
            rows.Add(program, "MiXed.TeSt", "10.0.0.3, TTL 60");
            rows.Add(program, "zero.test", "10.0.0.1, TTL 0");
            rows.Add(program, "day.test", "10.0.0.1, TTL 86400");
            rows.Add(program, "c1.test", $"{Two}, TTL 20");
            rows.Add(program, "big.test", $"{Big}, TTL 60");
            rows.Add(program, "text.test", "NoData");
            rows.Add(program, "nowhere.test", "NxDomain");
            rows.Add(program, "one.test.", "10.0.0.1, TTL 60");
            rows.Add(program, "x.refused.example", "Failed REFUSED");
            if (!isDnsmasq)
            {
                // It knows no zones: neither broken ones nor aliases that lead nowhere.
                rows.Add(program, "gone.test", "NxDomain");
                rows.Add(program, "dry.test", "NoData");
                rows.Add(program, "x.servfail.test", "Failed SERVFAIL");
            }
        }

        return rows;
    }

    public static TheoryData<string> Programs() => [.. ZoneServer.Programs];

    [ServerTheory("dnsmasq", "named", "knotd", "unbound")]
    [MemberData(nameof(Rows))]
    public async Task Answer_IsUnderstood(string program, string host, string expected)
    {
        await using ZoneServer server = await ZoneServer.StartAsync(program);
        await using DnsCache cache = Cache(server);

        Said(await cache.PrefetchAsync(host)).Should().Be(expected);
    }

    [ServerTheory("dnsmasq", "named", "knotd", "unbound")]
    [InlineData("dnsmasq", "loop.test")]
    [InlineData("named", "loop.test")]
    [InlineData("knotd", "loop.test")]
    [InlineData("unbound", "loop.test")]
    public async Task LoopOfAliases_IsNoAddress(string program, string host)
    {
        await using ZoneServer server = await ZoneServer.StartAsync(program);
        await using DnsCache cache = Cache(server);

        (await cache.PrefetchAsync(host)).Should().NotBeOfType<Answer.Found>();
    }

    [ServerTheory("dnsmasq", "named", "knotd", "unbound")]
    [InlineData("dnsmasq")]
    [InlineData("named")]
    [InlineData("knotd")]
    [InlineData("unbound")]
    public async Task OneFamily_IsAskedAlone(string program)
    {
        await using ZoneServer server = await ZoneServer.StartAsync(program);
        await using DnsCache cache = Cache(server);

        Said(await cache.PrefetchAsync("two.test", AddressFamily.InterNetworkV6)).Should().StartWith("fd00::1 fd00::2, TTL");
        Said(await cache.PrefetchAsync("one.test", AddressFamily.InterNetworkV6)).Should().Be("NoData");
    }

    [ServerTheory("dnsmasq", "named", "knotd", "unbound")]
    [MemberData(nameof(Programs))]
    public async Task LostQuestion_IsAskedOnceMore(string program)
    {
        await using ZoneServer server = await ZoneServer.StartAsync(program);
        await using UnreliableRelay relay = new(server.EndPoint) { Loses = 2 };
        await using DnsCache cache = Cache(TimeSpan.FromSeconds(1), relay.EndPoint);

        Said(await cache.PrefetchAsync("two.test")).Should().Be($"{Two}, TTL 60");
        relay.Lost.Should().Be(2, "one for each family");
    }

    [ServerTheory("dnsmasq", "named", "knotd", "unbound")]
    [MemberData(nameof(Programs))]
    public async Task LateAnswer_IsWaitedForOrTheNextServerAsked(string program)
    {
        await using ZoneServer server = await ZoneServer.StartAsync(program);
        await using UnreliableRelay late = new(server.EndPoint) { Delay = TimeSpan.FromSeconds(1) };
        await using DnsCache alone = Cache(TimeSpan.FromSeconds(4), late.EndPoint);
        Said(await alone.PrefetchAsync("one.test")).Should().Be("10.0.0.1, TTL 60");

        await using UnreliableRelay never = new(server.EndPoint) { Loses = int.MaxValue };
        await using DnsCache hedged = Cache(TimeSpan.FromSeconds(4), never.EndPoint, server.EndPoint);
        Said(await hedged.PrefetchAsync("one.test")).Should().StartWith("10.0.0.1, TTL ", "a cache has counted down by then");
    }

    [ServerTheory("dnsmasq", "named", "knotd", "unbound")]
    [MemberData(nameof(Programs))]
    public async Task TruncatedAnswerWhereTcpIsClosed_IsNotUsedAndTheNextServerIsAsked(string program)
    {
        await using ZoneServer server = await ZoneServer.StartAsync(program);
        await using UnreliableRelay withoutTcp = new(server.EndPoint);
        await using DnsCache alone = Cache(TimeSpan.FromSeconds(2), withoutTcp.EndPoint);
        (await alone.PrefetchAsync("big.test", AddressFamily.InterNetwork)).Should().BeOfType<Answer.Failed>();

        await using DnsCache both = Cache(TimeSpan.FromSeconds(2), withoutTcp.EndPoint, server.EndPoint);
        Said(await both.PrefetchAsync("big.test", AddressFamily.InterNetwork)).Should().StartWith($"{Big}, TTL ", "a cache has counted down by then");
    }

    [ServerTheory("dnsmasq", "named", "knotd", "unbound")]
    [MemberData(nameof(Programs))]
    public async Task RestartedServer_AnswersAgain(string program)
    {
        await using ZoneServer server = await ZoneServer.StartAsync(program);
        await using DnsCache cache = Cache(TimeSpan.FromSeconds(2), server.EndPoint);
        await server.StopAsync();
        (await cache.PrefetchAsync("one.test")).Should().BeOfType<Answer.Failed>();

        await server.StartAsync();

        await Eventually.Answers(async () => Said(await cache.PrefetchAsync("one.test")), "10.0.0.1, TTL 60");
    }

    private static DnsCache Cache(TimeSpan timeout, params IPEndPoint[] servers) =>
        new(new DnsCacheOptions { NameServers = [.. servers.Select(server => server.ToString())], UseHostsFile = false, QueryTimeout = timeout });

    private static DnsCache Cache(ZoneServer server) => new(new DnsCacheOptions { NameServers = [server.EndPoint.ToString()], UseHostsFile = false });

    internal static string Said(Answer answer) => answer switch
    {
        Answer.Found found => $"{string.Join(' ', found.Addresses.Select(address => address.ToString()).Order(StringComparer.Ordinal))}, TTL {found.Ttl.TotalSeconds}",
        Answer.Empty empty => $"{empty.Reason}",
        Answer.Failed failed => $"Failed {failed.Reason.Split(' ')[^1]}",
        _ => "?",
    };
}
