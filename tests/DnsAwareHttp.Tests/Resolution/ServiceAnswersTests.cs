using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution;

/// <summary>The cache keeps what is known of services as it keeps what is known of names.</summary>
public sealed class ServiceAnswersTests : IAsyncDisposable
{
    private const string Service = "_http._tcp.svc.test";
    private static readonly DnsReply NxDomain = new DnsReply.None(EmptyReason.NxDomain, TimeSpan.FromSeconds(5));

    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedResolver _dns = new();
    private readonly ConcurrentQueue<CachedAnswer> _told = new();
    private readonly DnsCache _cache;

    public ServiceAnswersTests()
    {
        _cache = new DnsCache(resolver: _dns, timeProvider: _time);
        _dns.SaysService(Service, 30, ("a.test", 8080, 1, 10));
    }

    public ValueTask DisposeAsync() => _cache.DisposeAsync();

    [Fact]
    public async Task WhileInUse_ItIsAskedAgainWhenItsTtlEnds()
    {
        using NameSubscription service = await Subscribe();

        _time.Advance(TimeSpan.FromSeconds(29));
        _dns.Questions(Service).Should().Be(1);
        await Advance(TimeSpan.FromSeconds(1.2), 2);

        _dns.Questions(Service).Should().Be(2);
    }

    [Fact]
    public async Task Manifold_OneQuestionIsInFlight()
    {
        _dns.Hold();
        NameSubscription[] all = [.. Enumerable.Range(0, 50).Select(_ => _cache.SubscribeToService(Service.ToUpperInvariant(), _told.Enqueue))];
        _dns.Release();

        await Eventually.Holds(() => _told.Count >= 50, "all are told");
        _dns.Questions(Service).Should().Be(1);
        Array.ForEach(all, service => service.Dispose());
    }

    [Fact]
    public async Task ServiceAndNameOfTheSameSpelling_AreTwoThings()
    {
        _dns.Says(Service, 30, "10.0.0.1");
        using NameSubscription name = _cache.Subscribe(Service, AddressFamily.Unspecified, static _ => { });
        (await name.AnswerAsync()).LastGood!.IsService.Should().BeFalse();
        _dns.SaysService(Service, 30, ("a.test", 8080, 1, 10));
        using NameSubscription service = _cache.SubscribeToService(Service, static _ => { });

        (await service.AnswerAsync()).LastGood!.IsService.Should().BeTrue();
        _cache.Count.Should().Be(2);
    }

    [Fact]
    public async Task Failure_KeepsTheTargets_AndIsAskedAgainSoon()
    {
        using NameSubscription service = await Subscribe();
        _dns.Fails(Service);
        await Advance(TimeSpan.FromSeconds(30.2), 2);

        service.Current!.Latest.Should().BeOfType<Answer.Failed>();
        service.Current.LastGood!.Targets!.Value.Should().ContainSingle().Which.Host.Should().Be("a.test");
        service.Current.IsStale.Should().BeTrue();
        await Advance(TimeSpan.FromSeconds(1.3), 3);
    }

    [Fact]
    public async Task NoSuchService_IsBelievedForItsNegativeTtl()
    {
        using NameSubscription service = await Subscribe();
        _dns.Says(Service, new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(7)));
        await Advance(TimeSpan.FromSeconds(30.2), 2);

        service.Current!.LastGood.Should().BeNull();
        _time.Advance(TimeSpan.FromSeconds(6));
        _dns.Questions(Service).Should().Be(2);
        await Advance(TimeSpan.FromSeconds(1.3), 3);
    }

    [Fact]
    public async Task ResolverOfOnesOwn_CannotBeAsked_AndTheReasonNamesTheRemedy()
    {
        CustomResolver own = new((_, _) => new ValueTask<Answer>(new Answer.Found([IPAddress.Loopback], TimeSpan.FromSeconds(30))));
        await using DnsCache cache = new(resolver: own, timeProvider: _time);
        using NameSubscription service = cache.SubscribeToService(Service, static _ => { });

        (await service.AnswerAsync()).Latest.Should().BeOfType<Answer.Failed>()
            .Which.Reason.Should().Contain(nameof(CustomResolver)).And.Contain("cannot be asked for SRV records").And.Contain("ServiceRecords");
    }

    [Fact]
    public async Task Dns_ServiceIsAskedForAlongTheSearchListAndAliases()
    {
        using TemporaryFile conf = new();
        conf.Write("search svc.test\noptions ndots:3\n");
        FakeExchange udp = new((_, query) => query.Host switch
        {
            "_http._tcp.orders.svc.test" => new DnsReply.Elsewhere("elsewhere.test", 1, TimeSpan.FromSeconds(9)),
            "elsewhere.test" => new DnsReply.Records([], TimeSpan.FromSeconds(60)) { Targets = [new ServiceTarget("a.test", 80, 0, 0)] },
            _ => NxDomain,
        });
        DnsResolver resolver = new(
            new DnsSettingsFile(new DnsCacheOptions { ResolvConfPath = conf.Path, NameServers = ["10.0.0.1"] }, _time, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance), udp, udp, _time);

        Answer answer = await resolver.ResolveAsync(Question.ForService("_http._tcp.orders"), CancellationToken.None);

        answer.Should().Be(new Answer.Found([], TimeSpan.FromSeconds(9)) { Targets = [new ServiceTarget("a.test", 80, 0, 0)] });
        answer.ToString().Should().Be("a.test:80 (priority 0, weight 0) (TTL 9 s)");
        udp.Queries.Should().OnlyContain(query => query.Type == DnsRecordType.Srv);
        udp.Hosts.Should().Equal("_http._tcp.orders.svc.test", "elsewhere.test");
    }

    [Fact]
    public async Task RealMessages_ByUdpAndByTcpWhenTheyDoNotFit()
    {
        await using ScriptedDnsServer server = ScriptedDnsServer.Start();
        server.SaysService(Service, 30, [.. Enumerable.Range(1, 100).Select(i => ($"backend-{i}.svc.test", i, 0, i))]);
        server.SaysService("_none._tcp.svc.test", 30);
        await using DnsCache cache = new(new DnsCacheOptions { NameServers = [server.Address], UseHostsFile = false, NameSources = [NameSource.Dns] });
        using NameSubscription many = cache.SubscribeToService(Service, static _ => { });
        using NameSubscription none = cache.SubscribeToService("_none._tcp.svc.test", static _ => { });

        (await many.AnswerAsync()).LastGood!.Targets!.Value.Should().HaveCount(100);
        server.TcpQueries.Should().Be(1);
        (await none.AnswerAsync()).Latest.Should().Be(new Answer.Found([], TimeSpan.FromSeconds(30)) { Targets = [] });
    }

    [Fact]
    public async Task DnsIsNoSource_TheReasonSaysSo()
    {
        await using DnsCache cache = new(new DnsCacheOptions { NameSources = [NameSource.System] });
        using NameSubscription service = cache.SubscribeToService(Service, static _ => { });

        (await service.AnswerAsync()).Latest.Should().BeOfType<Answer.Failed>().Which.Reason.Should().Contain("NameSources");
    }

    private async Task<NameSubscription> Subscribe()
    {
        NameSubscription service = _cache.SubscribeToService(Service, _told.Enqueue);
        await Eventually.Holds(() => _told.Count == 1 && _cache.IsQuiet, "the first answer");
        return service;
    }

    private async Task Advance(TimeSpan by, int answers)
    {
        _time.Advance(by);
        await Eventually.Holds(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(1));
                return _told.Count >= answers && _cache.IsQuiet;
            },
            $"answer {answers}");
    }
}
