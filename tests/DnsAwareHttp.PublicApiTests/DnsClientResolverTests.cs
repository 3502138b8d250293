using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.DnsClient;
using DnsAwareHttp.Tests.Loopback;
using DnsClient;
using Microsoft.Extensions.DependencyInjection;

namespace DnsAwareHttp.PublicApiTests;

/// <summary>The adapter against name servers on the loopback.</summary>
public sealed class DnsClientResolverTests : IAsyncDisposable
{
    private const string Host = "svc.test";

    private readonly ScriptedDnsServer _first = ScriptedDnsServer.Start();
    private readonly ScriptedDnsServer _second = ScriptedDnsServer.Start();

    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task BothFamilies_AreOneAnswerWithTheSmallestTtl()
    {
        _first.Says(Host, 30, "10.0.0.1", "2001:db8::1");

        (await Ask(Resolver())).Should().Be(Found(30, "10.0.0.1", "2001:db8::1"));
        (_first.Queries(Host, AddressFamily.InterNetwork), _first.Queries(Host, AddressFamily.InterNetworkV6)).Should().Be((1, 1));
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork, "10.0.0.1")]
    [InlineData(AddressFamily.InterNetworkV6, "2001:db8::1")]
    public async Task OneFamily_AsksForThatOneAlone(AddressFamily family, string address)
    {
        _first.Says(Host, 30, "10.0.0.1", "2001:db8::1");

        (await Ask(Resolver(), Host, family)).Should().Be(Found(30, address));
        _first.TotalQueries.Should().Be(1);
    }

    [Theory]
    [InlineData("xn--bcher-kva.test")]
    [InlineData("XN--BCHER-KVA.test.")]
    [InlineData("xn--80ak6aa92e.xn--p1ai")]
    [InlineData("_svc.under_score.test")]
    public async Task NamesOfIdnAndOddNames_Resolve(string name)
    {
        _first.Says(name, 30, "10.0.0.1");

        (await Ask(Resolver(), name)).Should().Be(Found(30, "10.0.0.1"));
    }

    [Fact]
    public async Task AliasesOfIdn_AreFollowed()
    {
        _first.Alias("xn--bcher-kva.test", "xn--mnchen-3ya.test", 20);
        _first.Says("xn--mnchen-3ya.test", 30, "10.0.0.1");

        (await Ask(Resolver(), "xn--bcher-kva.test")).Should().Be(Found(20, "10.0.0.1"));
    }

    [Fact]
    public async Task NxDomain_LastsAsLongAsTheSoaSays()
    {
        _first.SaysNxDomain(Host, negativeTtl: 7);

        (await Ask(Resolver())).Should().Be(new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(7)));
    }

    [Fact]
    public async Task NoDataWithoutSoa_LastsFiveSeconds()
    {
        _first.SaysNoData(Host, negativeTtl: null);

        (await Ask(Resolver())).Should().Be(new Answer.Empty(EmptyReason.NoData, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task LostDatagram_IsSentAgainInTime()
    {
        _first.Says(Host, 30, "10.0.0.1");
        _first.Behaves(Host, AddressFamily.Unspecified, DnsMode.Silent);
        Task<Answer> asking = Ask(Repeating());
        await _first.QueriedAsync(Host, AddressFamily.InterNetwork, 1);
        await _first.QueriedAsync(Host, AddressFamily.InterNetworkV6, 1);

        _first.Behaves(Host, AddressFamily.Unspecified, DnsMode.Answer);

        (await asking).Should().Be(Found(30, "10.0.0.1"));
    }

    [Fact]
    public async Task SilentFirstServer_TheSecondAnswersInTime()
    {
        _first.Mode = DnsMode.Silent;
        _second.Says(Host, 30, "10.0.0.1");

        (await Ask(Both())).Should().Be(Found(30, "10.0.0.1"));
    }

    [Fact]
    public async Task SilentFirstServer_TheNoOfTheSecondCountsInTime()
    {
        _first.Mode = DnsMode.Silent;
        _second.SaysNxDomain(Host, negativeTtl: 7);

        (await Ask(Both())).Should().Be(new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(7)));
    }

    [Fact]
    public async Task SlowServer_ItsFirstAnswerStillCounts()
    {
        _first.Delay = TimeSpan.FromMilliseconds(1200);
        _first.Says(Host, 30, "10.0.0.1");

        (await Ask(Resolver())).Should().Be(Found(30, "10.0.0.1"));
    }

    [Theory]
    [InlineData(DnsMode.ServFail)]
    [InlineData(DnsMode.Refused)]
    [InlineData(DnsMode.Malformed)]
    public async Task FailureOfTheFirstServer_PassesTheQuestionOn(DnsMode mode)
    {
        _first.Mode = mode;
        _second.Says(Host, 30, "10.0.0.1");

        (await Ask(Both())).Should().Be(Found(30, "10.0.0.1"));
    }

    [Fact]
    public async Task AllFail_IsAFailureThatNamesTheServer()
    {
        _first.Mode = DnsMode.ServFail;
        _second.Mode = DnsMode.ServFail;

        Answer answer = await Ask(Both());

        answer.Should().BeOfType<Answer.Failed>().Which.Reason.Should().Contain("127.0.0.1").And.Contain("ServerFailure");
        (_first.Queries(Host, AddressFamily.InterNetwork), _second.Queries(Host, AddressFamily.InterNetwork)).Should()
            .Be((3, 3), "two retries are the default");
    }

    [Fact]
    public async Task OneFamilyFails_TheOtherIsAnAnswer()
    {
        _first.Says(Host, 30, "10.0.0.1", "2001:db8::1");
        _first.Behaves(Host, AddressFamily.InterNetworkV6, DnsMode.ServFail);

        (await Ask(Repeating())).Should().BeOfType<Answer.Found>().Which.Addresses.Should()
            .Equal(IPAddress.Parse("10.0.0.1"));
    }

    // The package waits for ever where the length of a message comes in two pieces: it takes a byte too many.
    [Fact]
    public async Task TruncatedAnswer_IsAskedForByTcp()
    {
        _first.TcpInPieces = false;
        _first.Says(Host, 30, "10.0.0.1");
        _first.Mode = DnsMode.TruncateUdp;

        (await Ask(Resolver())).Should().Be(Found(30, "10.0.0.1"));
        _first.TcpQueries.Should().Be(2);
    }

    [Fact]
    public async Task AliasThatTheServerDoesNotFollow_IsAskedFor()
    {
        _first.Alias(Host, "next.test", 20, alone: true);
        _first.Alias("next.test", "last.test", 40, alone: true);
        _first.Says("last.test", 30, "10.0.0.1", "2001:db8::1");

        (await Ask(Resolver())).Should().Be(Found(20, "10.0.0.1", "2001:db8::1"));
    }

    [Fact]
    public async Task AliasOfIdnThatTheServerDoesNotFollow_IsAskedFor()
    {
        _first.Alias(Host, "xn--mnchen-3ya.test", 20, alone: true);
        _first.Says("xn--mnchen-3ya.test", 30, "10.0.0.1");

        (await Ask(Resolver())).Should().Be(Found(20, "10.0.0.1"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LoopOfAliases_IsAFailure(bool alone)
    {
        _first.Alias(Host, "other.test", 20, alone);
        _first.Alias("other.test", Host, 20, alone);

        (await Ask(Resolver())).Should().BeOfType<Answer.Failed>().Which.Reason.Should().Contain("loop");
        _first.TotalQueries.Should().BeLessThanOrEqualTo(32, "16 questions for each family");
    }

    [Fact]
    public async Task AliasesWithoutTtlThatCostQuestions_HoldForASecondEach()
    {
        _first.Alias(Host, "a.test", 0, alone: true);
        _first.Alias("a.test", "b.test", 0, alone: true);
        _first.Says("b.test", 0, "10.0.0.1");

        (await Ask(Resolver(), family: AddressFamily.InterNetwork)).Should().Be(Found(2, "10.0.0.1"));
    }

    [Fact]
    public async Task AliasOfAServerThatKnowsNoMore_IsNoData()
    {
        _first.Alias(Host, "next.test", 20);
        _first.SaysNoData("next.test", negativeTtl: 7);

        (await Ask(Resolver())).Should().Be(new Answer.Empty(EmptyReason.NoData, TimeSpan.FromSeconds(7)));
    }

    [Fact]
    public async Task Services_AreTargetsInTheFormOfTheLibrary()
    {
        _first.SaysService("_http._tcp.svc.test", 30, ("A.test.", 8080, 1, 2), ("xn--bcher-kva.test", 81, 3, 4), ("nobody.test", 0, 1, 1));

        Answer answer = await Services(Resolver());

        answer.Should().Be(Answer.ForService(
            [new ServiceTarget("a.test", 8080, 1, 2), new ServiceTarget("xn--bcher-kva.test", 81, 3, 4)], TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task ServiceThatIsNotAvailable_HasNoTargets()
    {
        _first.SaysService("_http._tcp.svc.test", 30, (".", 0, 0, 0));

        (await Services(Resolver())).Should().Be(Answer.ForService([], TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task ServiceThatDoesNotExist_IsNo() =>
        (await Services(Resolver())).Should().Be(new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(5)));

    [Fact]
    public async Task TheCallersOptions_StayAsTheyAre()
    {
        LookupClientOptions options = new(_first.EndPoint) { Retries = 7, UseCache = true, ThrowDnsErrors = true, UseRandomNameServer = true };
        _first.Says(Host, 30, "10.0.0.1");

        (await Ask(new DnsClientResolver(options))).Should().BeOfType<Answer.Found>();

        options.Should().BeEquivalentTo(
            new LookupClientOptions(_first.EndPoint) { Retries = 7, UseCache = true, ThrowDnsErrors = true, UseRandomNameServer = true });
    }

    [Fact]
    public async Task SeveralServers_TheFirstIsAskedFirstEachTime()
    {
        _first.Says(Host, 30, "10.0.0.1");
        DnsClientResolver resolver = new(new LookupClientOptions(_first.EndPoint, _second.EndPoint) { Retries = 0 });

        for (int i = 0; i < 10; i++)
        {
            (await Ask(resolver)).Should().Be(Found(30, "10.0.0.1"));
        }

        _second.TotalQueries.Should().Be(0, "it would deny the name");
    }

    [Fact]
    public async Task NoSettingsAndAFileWithoutServers_AsksThisMachine()
    {
        string file = Path.GetTempFileName();
        try
        {
            Answer answer = await Ask(new DnsClientResolver(new LookupClientOptions { Timeout = TimeSpan.FromMilliseconds(1), Retries = 0 }, file));

            answer.Should().NotBeOfType<Answer.Found>();
            (answer as Answer.Failed)?.Reason.Should().Contain("127.0.0.1:53");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task InTheContainer_TheCacheOfAllClientsAsksIt()
    {
        _first.Says(Host, 30, "10.0.0.1");
        await using ServiceProvider provider = new ServiceCollection()
            .AddDnsCache(options => options.MaxTtl = TimeSpan.FromSeconds(20))
            .AddDnsCache(new LookupClientOptions(_first.EndPoint) { Retries = 0 })
            .BuildServiceProvider();

        Answer answer = await provider.GetRequiredService<DnsCache>().PrefetchAsync(Host);

        answer.Should().BeOfType<Answer.Found>().Which.Addresses.Should().Equal(IPAddress.Parse("10.0.0.1"));
        provider.GetRequiredService<INameResolver>().Should().BeOfType<DnsClientResolver>();
    }

    [Fact]
    public async Task Cancelled_StaysCancelled()
    {
        _first.Mode = DnsMode.Silent;
        using CancellationTokenSource giveUp = new();
        Task<Answer> asking = Repeating().ResolveAsync(Host, giveUp.Token).AsTask();
        await _first.QueriedAsync(Host, AddressFamily.Unspecified, 2);

        await giveUp.CancelAsync();

        await asking.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task UnderACache_AnswersAreKeptForTheirTtl()
    {
        _first.Says(Host, 300, "10.0.0.1");
        await using DnsCache cache = new(resolver: Resolver());

        for (int i = 0; i < 3; i++)
        {
            (await cache.PrefetchAsync(Host)).Should().BeOfType<Answer.Found>().Which.Addresses.Should().Equal(IPAddress.Parse("10.0.0.1"));
        }

        _first.TotalQueries.Should().Be(2, "one question for each family");
    }

    // One question for each family, however late the answer is on a busy machine.
    private DnsClientResolver Resolver() => new(new LookupClientOptions(_first.EndPoint) { Retries = 0 });

    private DnsClientResolver Repeating() => new(new LookupClientOptions(_first.EndPoint));

    private DnsClientResolver Both() => new(new LookupClientOptions(_first.EndPoint, _second.EndPoint) { UseRandomNameServer = false });

    private static async Task<Answer> Services(DnsClientResolver resolver)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromMinutes(1));
        return await resolver.ResolveServiceAsync("_http._tcp.svc.test", deadline.Token);
    }

    private static async Task<Answer> Ask(DnsClientResolver resolver, string name = Host, AddressFamily family = AddressFamily.Unspecified)
    {
        // The cache above gives a question 5 s. A busy machine may take longer.
        using CancellationTokenSource deadline = new(TimeSpan.FromMinutes(1));
        return await resolver.ResolveAsync(name, family, deadline.Token);
    }

    private static Answer.Found Found(int ttl, params string[] addresses) =>
        new([.. addresses.Select(IPAddress.Parse)], TimeSpan.FromSeconds(ttl));
}
