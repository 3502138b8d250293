using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.DnsClient;
using DnsAwareHttp.Tests.Loopback;
using DnsClient;

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

    [Fact]
    public async Task TruncatedAnswer_IsAskedForByTcp()
    {
        _first.Says(Host, 30, "10.0.0.1");
        _first.Mode = DnsMode.TruncateUdp;

        (await Ask(Resolver())).Should().Be(Found(30, "10.0.0.1"));
        _first.TcpQueries.Should().Be(2);
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

    private static async Task<Answer> Ask(DnsClientResolver resolver, string name = Host, AddressFamily family = AddressFamily.Unspecified)
    {
        // The cache above gives a question 5 s.
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(5));
        return await resolver.ResolveAsync(name, family, deadline.Token);
    }

    private static Answer.Found Found(int ttl, params string[] addresses) =>
        new([.. addresses.Select(IPAddress.Parse)], TimeSpan.FromSeconds(ttl));
}
