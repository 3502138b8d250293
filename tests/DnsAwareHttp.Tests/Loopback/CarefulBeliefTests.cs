using System.Net.Sockets;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>A failure of a name server, a search name or an address family becomes no other truth about a name in use.</summary>
public sealed class CarefulBeliefTests : IAsyncLifetime
{
    private const string Good = "10.0.0.1";
    private const string Moved = "10.0.0.2";
    private const string Wildcard = "10.0.0.66";

    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedDnsServer _dns = ScriptedDnsServer.Start();
    private readonly TemporaryFile _conf = new();
    private readonly TemporaryFile _empty = new();
    private readonly List<ScriptedDnsServer> _others = [];
    private DnsCache? _cache;

    public Task InitializeAsync()
    {
        _conf.Write("");
        _empty.Write("");
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        if (_cache is not null)
        {
            await _cache.DisposeAsync();
        }

        foreach (ScriptedDnsServer server in (ScriptedDnsServer[])[_dns, .. _others])
        {
            await server.DisposeAsync();
        }

        _conf.Dispose();
        _empty.Dispose();
    }

    [Theory]
    [InlineData("search corp.test", "api.prod", "api.prod", "api.prod.corp.test", DnsMode.ServFail)]
    [InlineData("search corp.test", "api.prod", "api.prod", "api.prod.corp.test", DnsMode.Refused)]
    [InlineData("search corp.test", "api.prod", "api.prod", "api.prod.corp.test", DnsMode.Malformed)]
    [InlineData("search shop.svc.test svc.test corp.test\noptions ndots:5", "api", "api.shop.svc.test", "api.corp.test", DnsMode.ServFail)]
    [InlineData("search shop.svc.test svc.test corp.test\noptions ndots:5", "api.pay", "api.pay.svc.test", "api.pay", DnsMode.ServFail)]
    public async Task SearchName_ThatGaveTheAddresses_Fails_AndNoLaterNameIsBelieved(string conf, string host, string own, string later, DnsMode failure)
    {
        _conf.Write(conf);
        _dns.Says(own, 1, Good);
        _dns.Says(later, 1, Wildcard);
        NameSubscription name = await UseAsync(host);
        Addresses(name).Should().Be(Good);

        _dns.Behaves(own, AddressFamily.Unspecified, failure);
        for (int second = 0; second < 10; second++)
        {
            await PassAsync(1.2);
            Addresses(name).Should().Be(Good, "a failure is not a \"no\"");
        }

        name.Current!.Latest.Should().BeOfType<Answer.Failed>();
        _dns.Says(own, 1, Moved);
        _dns.Behaves(own, AddressFamily.Unspecified, DnsMode.Answer);
        await FollowedAsync(name, Moved);

        _dns.SaysNxDomain(own);
        await FollowedAsync(name, Wildcard);
    }

    [Fact]
    public async Task SearchName_FailsBeforeAnyAddressIsKnown_TheLaterNameIsUsedUntilItAnswers()
    {
        _conf.Write("search corp.test");
        _dns.Says("api.prod", 300, Good);
        _dns.Says("api.prod.corp.test", 300, Wildcard);
        _dns.Behaves("api.prod", AddressFamily.Unspecified, DnsMode.ServFail);
        NameSubscription name = await UseAsync("api.prod");
        Addresses(name).Should().Be(Wildcard, "getaddrinfo says so, too");

        await PassAsync(60);
        _dns.Behaves("api.prod", AddressFamily.Unspecified, DnsMode.Answer);
        await PassAsync(6.1);

        Addresses(name).Should().Be(Good, "what a later name says is asked again soon");
        int asked = _dns.TotalQueries;
        await PassAsync(60);
        _dns.TotalQueries.Should().Be(asked, "the name is known now");
    }

    [Fact]
    public async Task FirstServer_WasAwayForAMoment_InternalNamesAreKnownAgainSoon()
    {
        ScriptedDnsServer second = Second();
        _dns.Says("internal.test", 1, Good);
        _dns.Says("svc.test", 1, Good);
        second.Says("svc.test", 1, Good);
        NameSubscription name = await UseAsync("internal.test", second);
        int port = _dns.EndPoint.Port;
        await _dns.DisposeAsync();
        NameSubscription other = await UseAsync("svc.test");
        for (int second2 = 0; second2 < 5; second2++)
        {
            await PassAsync(1.2);
            (Addresses(name), Addresses(other)).Should().Be((Good, Good), "the second server denies a name that it does not know");
        }

        ScriptedDnsServer again = ScriptedDnsServer.Start(port);
        _others.Add(again);
        again.Says("internal.test", 1, Moved);
        again.Says("new.test", 1, Good);
        await FollowedAsync(name, Moved);
        Addresses(await UseAsync("new.test")).Should().Be(Good, "the first server has its place back");
    }

    [Fact]
    public async Task FirstServer_ServFailForOneName_IsTheFirstForTheNext()
    {
        ScriptedDnsServer second = Second();
        _dns.Says("internal.test", 60, Good);
        _dns.Behaves("broken.test", AddressFamily.Unspecified, DnsMode.ServFail);
        second.Says("broken.test", 60, Good);
        Addresses(await UseAsync("broken.test", second)).Should().Be(Good);

        Addresses(await UseAsync("internal.test")).Should().Be(Good);
    }

    [Theory]
    [InlineData(AddressFamily.InterNetworkV6)]
    [InlineData(AddressFamily.InterNetwork)]
    public async Task NxDomainOfOneFamily_WhileTheOtherFails_EmptiesNothing(AddressFamily denied)
    {
        _dns.Says("svc.test", 1, Good, "2001:db8::1");
        NameSubscription name = await UseAsync("svc.test");

        _dns.Behaves("svc.test", AddressFamily.Unspecified, DnsMode.ServFail);
        _dns.Behaves("svc.test", denied, DnsMode.NxDomain);
        await PassAsync(5);

        Addresses(name).Should().Be($"{Good} 2001:db8::1");
        name.Current!.Latest.Should().BeOfType<Answer.Failed>();
    }

    [Fact]
    public async Task LameServer_DoesNotEmptyAName_AndTheNextIsAsked()
    {
        _dns.Says("svc.test", 1, Good);
        NameSubscription name = await UseAsync("svc.test");

        _dns.Mode = DnsMode.Lame;
        await PassAsync(5);
        Addresses(name).Should().Be(Good);

        ScriptedDnsServer second = Second();
        second.Says("other.test", 1, Moved);
        await using DnsCache both = Cache(second);
        (await both.PrefetchAsync("other.test")).Should().BeOfType<Answer.Found>();
    }

    [Fact]
    public async Task FamilyThatFails_IsAskedAloneWhileTheOtherHolds()
    {
        _dns.Says("svc.test", 300, Good);
        _dns.Behaves("svc.test", AddressFamily.InterNetworkV6, DnsMode.ServFail);
        NameSubscription name = await UseAsync("svc.test");
        int first = _dns.Queries("svc.test", AddressFamily.InterNetwork);

        await PassAsync(60);
        _dns.Queries("svc.test", AddressFamily.InterNetwork).Should().Be(first, "its TTL is 300 s");
        _dns.Queries("svc.test", AddressFamily.InterNetworkV6).Should().BeInRange(4, 20, "it backs off");

        _dns.Says("svc.test", 300, Good, "2001:db8::1");
        _dns.Behaves("svc.test", AddressFamily.InterNetworkV6, DnsMode.Answer);
        await PassAsync(37);
        Addresses(name).Should().Be($"{Good} 2001:db8::1");
        (name.Current!.Failures, name.Current.ExpiresAt - _time.GetUtcNow()).Should().Match<(int Failures, TimeSpan Left)>(known =>
            known.Failures == 0 && known.Left <= TimeSpan.FromSeconds(203));
    }

    private ScriptedDnsServer Second()
    {
        ScriptedDnsServer second = ScriptedDnsServer.Start();
        _others.Add(second);
        return second;
    }

    private DnsCache Cache(ScriptedDnsServer? second) => new(
        new DnsCacheOptions
        {
            NameServers = second is null ? [_dns.Address] : [_dns.Address, second.Address],
            ResolvConfPath = _conf.Path,
            HostsFilePath = _empty.Path,
            NsswitchPath = _empty.Path,
        },
        timeProvider: _time);

    private async Task<NameSubscription> UseAsync(string host, ScriptedDnsServer? second = null)
    {
        _cache ??= Cache(second);
        NameSubscription name = _cache.Subscribe(host, AddressFamily.Unspecified, static _ => { });
        await name.AnswerAsync();
        await QuietAsync();
        return name;
    }

    /// <summary>Time passes in small steps. Each question is answered before the next step.</summary>
    private async Task PassAsync(double seconds)
    {
        for (double passed = 0; passed < seconds; passed += 0.1)
        {
            _time.Advance(TimeSpan.FromSeconds(0.1));
            await QuietAsync();
        }
    }

    private async Task FollowedAsync(NameSubscription name, string address)
    {
        for (int second = 0; second < 35 && Addresses(name) != address; second++)
        {
            await PassAsync(1);
        }

        Addresses(name).Should().Be(address);
    }

    private Task QuietAsync() => Eventually.Holds(() => _cache!.IsQuiet, "no question is in flight");

    private static string Addresses(NameSubscription name) => string.Join(' ', name.Current?.LastGood?.Addresses.Select(address => address.ToString()) ?? []);
}
