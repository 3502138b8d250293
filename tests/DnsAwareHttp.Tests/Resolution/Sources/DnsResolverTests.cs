using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class DnsResolverTests : IDisposable
{
    private static readonly DnsReply ServFail = new DnsReply.Refusal(DnsResponseCode.ServFail);
    private static readonly DnsReply FormErr = new DnsReply.Refusal(DnsResponseCode.FormErr);
    private static readonly DnsReply Silence = new DnsReply.Silence("no answer");
    private static readonly DnsReply NxDomain = new DnsReply.None(EmptyReason.NxDomain, TimeSpan.FromSeconds(5));
    private static readonly DnsReply NoData = new DnsReply.None(EmptyReason.NoData, TimeSpan.FromSeconds(7));
    private static readonly DnsReply NoSocket = new DnsReply.NoSocket(new SocketException((int)SocketError.AddressFamilyNotSupported));

    private readonly ManualTimeProvider _clock = new();
    private readonly TemporaryFile _conf = new();
    private readonly DnsCacheOptions _options;

    public DnsResolverTests() => _options = new DnsCacheOptions { ResolvConfPath = _conf.Path, NameServers = ["10.0.0.1", "10.0.0.2"] };

    public void Dispose() => _conf.Dispose();

    [Fact]
    public async Task BothFamilies_AreAskedAndUnited()
    {
        FakeExchange udp = new((_, query) => query.Type == DnsRecordType.A ? Records(60, "10.9.0.1") : Records(30, "2001:db8::1"));
        (await Answer(udp, AddressFamily.Unspecified)).Should().Be(Found(30, "10.9.0.1", "2001:db8::1"));
        udp.Queries.Select(query => query.Type).Should().BeEquivalentTo([DnsRecordType.A, DnsRecordType.Aaaa]);
    }

    [Fact]
    public async Task OneFamily_IsAskedAlone()
    {
        FakeExchange udp = new((_, _) => Records(60, "2001:db8::1", "::ffff:10.0.0.1"));
        (await Answer(udp, AddressFamily.InterNetworkV6)).Should().Be(Found(60, "2001:db8::1"));
        udp.Queries.Should().ContainSingle().Which.Type.Should().Be(DnsRecordType.Aaaa);
    }

    [Theory]
    [InlineData("Silence")]
    [InlineData("ServFail")]
    [InlineData("Refused")]
    [InlineData("NotImp")]
    [InlineData("Malformed")]
    [InlineData("NoSocket")]
    public async Task AfterAFailure_TheNextServerIsAsked_AndTheFirstHasItsPlaceBackSoon(string failure)
    {
        DnsReply failing = failure switch
        {
            "Silence" => Silence,
            "Malformed" => new DnsReply.Malformed("test"),
            "NoSocket" => NoSocket,
            _ => new DnsReply.Refusal(Enum.Parse<DnsResponseCode>(failure)),
        };
        FakeExchange udp = new((server, _) => server.Address.ToString() == "10.0.0.1" ? failing : Records(60, "10.9.0.1"));
        DnsResolver resolver = Resolver(udp);
        (await resolver.ResolveAsync("svc.test", AddressFamily.InterNetwork, default)).Should().Be(Found(60, "10.9.0.1"));
        udp.Servers.Should().Equal("10.0.0.1", "10.0.0.2");
        await resolver.ResolveAsync("svc.test", AddressFamily.InterNetwork, default);
        string[] next = failure == "Silence" ? ["10.0.0.2"] : ["10.0.0.1", "10.0.0.2"];
        udp.Servers.Should().Equal(["10.0.0.1", "10.0.0.2", .. next], "only a server that does not answer is in trouble");
        _clock.Advance(ServerRotation.FirstPause);
        await resolver.ResolveAsync("svc.test", AddressFamily.InterNetwork, default);
        udp.Servers.TakeLast(2).Should().Equal("10.0.0.1", "10.0.0.2");
    }

    [Fact]
    public async Task ListOfServers_IsGoneThroughAsOftenAsAttemptsSays()
    {
        _options.Attempts = 3;
        FakeExchange udp = new((_, _) => ServFail);
        (await Answer(udp)).Should().Be(new Answer.Failed("name server 10.0.0.2:53 answered SERVFAIL"));
        udp.Servers.Should().Equal("10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.2");
    }

    [Fact]
    public async Task Rotate_LetsTheServersTakeTurns()
    {
        _conf.Write("options rotate");
        FakeExchange udp = new((_, _) => Records(60, "10.9.0.1"));
        DnsResolver resolver = Resolver(udp);
        for (int count = 0; count < 3; count++)
        {
            await resolver.ResolveAsync("svc.test", AddressFamily.InterNetwork, default);
        }

        udp.Servers.Should().Equal("10.0.0.1", "10.0.0.2", "10.0.0.1");
    }

    [Fact]
    public async Task TruncatedWithoutTcp_IsFollowedByTheNextServer_AndNeverUsed()
    {
        FakeExchange udp = new((server, _) => server.Address.ToString() == "10.0.0.1" ? DnsReply.Truncated.Instance : Records(60, "10.9.0.1"));
        FakeExchange tcp = new((_, _) => Silence);
        (await Resolver(udp, tcp).ResolveAsync("svc.test", AddressFamily.InterNetwork, default)).Should().Be(Found(60, "10.9.0.1"));
        (string.Join(',', udp.Servers), string.Join(',', tcp.Servers)).Should().Be(("10.0.0.1,10.0.0.2", "10.0.0.1"));

        tcp = new FakeExchange((_, _) => DnsReply.Truncated.Instance);
        udp = new FakeExchange((_, _) => DnsReply.Truncated.Instance);
        (await Resolver(udp, tcp).ResolveAsync("svc.test", AddressFamily.InterNetwork, default)).Should().BeOfType<Answer.Failed>().Which.Reason.Should().Contain("only a part");
    }

    [Theory]
    [InlineData("FormErr")]
    [InlineData("BadVers")]
    public async Task ServerWithoutEdns_IsAskedAgainOnceWithoutIt(string code)
    {
        DnsReply failing = new DnsReply.Refusal(Enum.Parse<DnsResponseCode>(code));
        FakeExchange udp = new((_, query) => query.Edns ? failing : Records(60, "10.9.0.1"));
        (await Answer(udp)).Should().Be(Found(60, "10.9.0.1"));
        udp.Servers.Should().Equal("10.0.0.1", "10.0.0.1");

        udp = new FakeExchange((_, _) => FormErr);
        await Answer(udp);
        udp.Servers.Should().Equal("10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.2", "10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.2");
    }

    [Fact]
    public async Task Truncated_IsAskedByTcpOfTheSameServer()
    {
        FakeExchange udp = new((_, _) => DnsReply.Truncated.Instance);
        FakeExchange tcp = new((_, _) => Records(60, "10.9.0.1"));
        DnsResolver resolver = Resolver(udp, tcp);
        (await resolver.ResolveAsync("svc.test", AddressFamily.InterNetwork, default)).Should().Be(Found(60, "10.9.0.1"));
        tcp.Servers.Should().Equal("10.0.0.1");
    }

    [Fact]
    public async Task AliasThatLeadsElsewhere_IsAskedForAgain_WithTheSmallestTtl()
    {
        FakeExchange udp = new((_, query) => query.Host switch
        {
            "svc.test" => new DnsReply.Elsewhere("a.test", 10, TimeSpan.FromSeconds(9)),
            "a.test" => new DnsReply.Elsewhere("b.test", 6, TimeSpan.FromSeconds(20)),
            _ => Records(60, "10.9.0.1"),
        });
        (await Answer(udp)).Should().Be(Found(9, "10.9.0.1"));
        udp.Queries.Select(query => query.LinksLeft).Should().Equal(64, 54, 48);
    }

    [Fact]
    public async Task AliasesWithoutEnd_Fail()
    {
        int count = 0;
        FakeExchange udp = new((_, _) => new DnsReply.Elsewhere($"a{count++}.test", 1, TimeSpan.FromSeconds(9)));
        (await Answer(udp)).Should().BeOfType<Answer.Failed>();
        udp.Servers.Should().HaveCount(17);
    }

    [Theory]
    [InlineData("db", 1, "db.a.test,db.b.test,db")]
    [InlineData("db.east", 1, "db.east,db.east.a.test,db.east.b.test")]
    [InlineData("db.east", 2, "db.east.a.test,db.east.b.test,db.east")]
    [InlineData("db.", 1, "db")]
    public async Task SearchList_IsTriedAsInGlibc(string host, int ndots, string expected)
    {
        _conf.Write($"search a.test b.test\noptions ndots:{ndots}\n");
        FakeExchange udp = new((_, query) => query.Host.EndsWith("a.test", StringComparison.Ordinal) ? NoData : NxDomain);
        Answer answer = await Answer(udp, host: host);
        udp.Hosts.Should().Equal(expected.Split(','));
        answer.Should().Be(new Answer.Empty(host == "db." ? EmptyReason.NxDomain : EmptyReason.NoData, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task UnspecifiedAddressOfOneFamily_IsDroppedBesideTheOther_AndAloneIsNoData()
    {
        FakeExchange udp = new((_, query) => query.Type == DnsRecordType.A ? Records(60, "10.9.0.1", "0.0.0.0") : Records(30, "::"));
        (await Answer(udp, AddressFamily.Unspecified)).Should().Be(Found(60, "10.9.0.1"));
        udp = new((_, query) => query.Type == DnsRecordType.A ? Records(60, "0.0.0.0") : Records(30, "::"));
        (await Answer(udp, AddressFamily.Unspecified)).Should().Be(new Answer.Empty(EmptyReason.NoData, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Search_EndsWithTheFirstAnswer()
    {
        _conf.Write("search a.test b.test\n");
        FakeExchange udp = new((_, query) => query.Host == "db.b.test" ? Records(60, "10.9.0.1") : NxDomain);
        (await Answer(udp, host: "db")).Should().Be(Found(60, "10.9.0.1"));
        udp.Hosts.Should().Equal("db.a.test", "db.b.test");
    }

    [Fact]
    public async Task Search_Failure_IsSteppedOverAndToldWhenNoNameIsFound()
    {
        _conf.Write("search a.test b.test\n");
        FakeExchange udp = new((_, query) => query.Host == "db.a.test" ? ServFail : query.Host == "db.b.test" ? Records(60, "10.9.0.1") : NxDomain);
        (await Answer(udp, host: "db")).Should().Be(Found(60, "10.9.0.1"));

        udp = new FakeExchange((_, query) => query.Host == "db.a.test" ? ServFail : NxDomain);
        (await Answer(udp, host: "db")).Should().BeOfType<Answer.Failed>("the name that failed may exist");
    }

    [Theory]
    [InlineData("api", "api.shop.svc.cluster.local", 2)]
    [InlineData("api.pay", "api.pay.svc.cluster.local", 4)]
    [InlineData("api.pay.svc", "api.pay.svc.cluster.local", 6)]
    [InlineData("api.pay.svc.cluster.local", "api.pay.svc.cluster.local", 10)]
    [InlineData("api.pay.svc.cluster.local.", "api.pay.svc.cluster.local", 2)]
    [InlineData("www.example.com", "www.example.com", 10)]
    [InlineData("www.example.com.", "www.example.com", 2)]
    [InlineData("db.corp", "db.corp.corp.example", 8)]
    public async Task InCluster_TheNamesOfKubernetesAreFoundAfterSoManyQuestions(string host, string found, int questions)
    {
        _conf.Write("nameserver 10.96.0.10\nsearch shop.svc.cluster.local svc.cluster.local cluster.local corp.example\noptions ndots:5\n");
        string[] known = ["api.shop.svc.cluster.local", "api.pay.svc.cluster.local", "www.example.com", "db.corp.corp.example"];
        FakeExchange udp = new((_, query) => !known.Contains(query.Host) ? NxDomain : query.Type is DnsRecordType.A ? Records(5, "10.9.0.1") : NoData);

        (await Answer(udp, AddressFamily.Unspecified, host)).Should().Be(Found(5, "10.9.0.1"));

        udp.Hosts[^1].Should().Be(found);
        udp.Queries.Should().HaveCount(questions, "each name is asked for A and AAAA");
    }

    [Fact]
    public async Task NoTldQuery_NameOfOneLabel_IsNotAskedForAsItIs()
    {
        _conf.Write("search a.test\noptions no-tld-query\n");
        FakeExchange udp = new((_, _) => NxDomain);
        (await Answer(udp, host: "db")).Should().BeOfType<Answer.Empty>();
        udp.Hosts.Should().Equal("db.a.test");
    }

    [Fact]
    public async Task UseVc_AllQuestionsGoByTcp()
    {
        _conf.Write("options use-vc\n");
        FakeExchange udp = new((_, _) => NxDomain);
        FakeExchange tcp = new((_, query) => query.Edns ? FormErr : query.Type == DnsRecordType.A ? Records(60, "10.9.0.1") : NoData);
        DnsResolver resolver = Resolver(udp, tcp);
        (await resolver.ResolveAsync("svc.test", default)).Should().Be(Found(60, "10.9.0.1"));
        udp.Servers.Should().BeEmpty();
        tcp.Queries.Select(query => query.Edns).Should().Equal([true, false, false], "it is remembered that the server fails with EDNS");
    }

    [Fact]
    public async Task SingleRequest_AaaaIsAskedOnlyOnceAIsAnswered()
    {
        _conf.Write("options single-request\n");
        HeldExchange udp = new(_clock);
        DnsResolver resolver = Resolver(udp);
        Task<Answer> asking = resolver.ResolveAsync("svc.test", default).AsTask();
        udp.Asked.Should().ContainSingle().Which.Query.Type.Should().Be(DnsRecordType.A);
        udp.Asked[0].Answers(Records(60, "10.9.0.1"));
        await Eventually.Holds(() => udp.Asked.Count == 2, "AAAA is asked for");
        udp.Asked[1].Query.Type.Should().Be(DnsRecordType.Aaaa);
        udp.Asked[1].Answers(Records(30, "2001:db8::1"));
        (await asking.WaitAsync(TimeSpan.FromSeconds(30))).Should().Be(Found(30, "10.9.0.1", "2001:db8::1"));
    }

    [Fact]
    public async Task SingleRequest_AaaaIsAskedAlsoWhereAFailed()
    {
        _conf.Write("options single-request attempts:1\n");
        FakeExchange udp = new((_, query) => query.Type == DnsRecordType.A ? ServFail : Records(30, "2001:db8::1"));
        (await Answer(udp, AddressFamily.Unspecified)).Should().Be(Found(30, "2001:db8::1") with { FailedFamily = AddressFamily.InterNetwork });
        udp.Queries.Select(query => query.Type).Should().Equal(DnsRecordType.A, DnsRecordType.A, DnsRecordType.Aaaa);
    }

    [Fact]
    public async Task NoAaaa_NobodyIsAskedForIt()
    {
        _conf.Write("options no-aaaa\n");
        FakeExchange udp = new((_, _) => Records(60, "10.9.0.1"));
        (await Answer(udp, AddressFamily.Unspecified)).Should().Be(Found(60, "10.9.0.1"), "a family that nobody wants has not failed");
        udp.Queries.Should().ContainSingle().Which.Type.Should().Be(DnsRecordType.A);

        udp = new FakeExchange((_, _) => Records(60, "2001:db8::1"));
        (await Answer(udp, AddressFamily.InterNetworkV6)).Should().BeOfType<Answer.Empty>().Which.Reason.Should().Be(EmptyReason.NoData);
        udp.Queries.Should().BeEmpty();
    }

    [Theory]
    [InlineData("a..test")]
    [InlineData("bücher.test")]
    public async Task NameThatCannotBeAskedFor_FailsWithoutAQuestion(string host)
    {
        FakeExchange udp = new((_, _) => NxDomain);
        DnsResolver resolver = Resolver(udp);
        DnsOutcome outcome = await resolver.AskAsync(Question.ForAddresses(host, AddressFamily.Unspecified), known: null, default);
        outcome.WasAsked.Should().BeTrue();
        outcome.Answer.Should().BeOfType<Answer.Failed>().Which.Reason.Should().Contain(host);
        udp.Servers.Should().BeEmpty();
    }

    [Fact]
    public async Task WithoutSockets_DnsCouldNotBeAsked()
    {
        DnsResolver resolver = Resolver(new FakeExchange((_, _) => NoSocket));
        (await resolver.AskAsync(Question.ForAddresses("svc.test", AddressFamily.Unspecified), known: null, default)).WasAsked.Should().BeFalse();
        DnsResolver partly = Resolver(new FakeExchange((server, _) => server.Address.ToString() == "10.0.0.1" ? Silence : NoSocket));
        (await partly.AskAsync(Question.ForAddresses("svc.test", AddressFamily.Unspecified), known: null, default)).WasAsked.Should().BeTrue();
    }

    [Fact]
    public async Task OneFamilyFound_TheOtherIsWaitedForNoLongerThan50Milliseconds_AndJoinsLater()
    {
        HeldExchange udp = new(_clock);
        DnsResolver resolver = Resolver(udp);
        Task<Answer> asking = resolver.ResolveAsync(Question.ForAddresses("svc.test", AddressFamily.Unspecified), known: null, default).AsTask();
        udp.Asked.Single(held => held.Query.Type == DnsRecordType.A).Answers(Records(60, "10.9.0.1"));
        await Eventually.Holds(() => { _clock.Advance(TimeSpan.FromMilliseconds(1)); return asking.IsCompleted; }, "the answer about A is not held back");

        Answer.Found part = (Answer.Found)await asking;

        part.Should().Be(Found(60, "10.9.0.1") with { FailedFamily = AddressFamily.InterNetworkV6 });
        part.Rest!.IsCompleted.Should().BeFalse();
        udp.Asked.First(held => held.Query.Type == DnsRecordType.Aaaa).Answers(Records(30, "2001:db8::1"));
        (await part.Rest.WaitAsync(TimeSpan.FromSeconds(30))).Should().Be(Found(30, "10.9.0.1", "2001:db8::1"));
    }

    [Fact]
    public async Task OneFamilyFound_TheOtherIsNeverAnswered_HasFailedInTheEnd()
    {
        HangingExchange udp = new(Records(60, "10.9.0.1"));
        DnsResolver resolver = Resolver(udp);
        Task<Answer> asking = resolver.ResolveAsync("svc.test", default).AsTask();
        await Eventually.Holds(() => { _clock.Advance(TimeSpan.FromMilliseconds(100)); return asking.IsCompleted; }, "the question ends");
        (await asking).Should().Be(Found(60, "10.9.0.1") with { FailedFamily = AddressFamily.InterNetworkV6 });
    }

    [Fact]
    public async Task OnlyTheCallersToken_Cancels()
    {
        HangingExchange udp = new(Records(60, "10.9.0.1"));
        DnsResolver resolver = new(new DnsSettingsFile(_options, _clock, NullLogger.Instance), udp, udp, _clock);
        using CancellationTokenSource caller = new();
        Task<Answer> asking = resolver.ResolveAsync("svc.test", caller.Token).AsTask();
        await caller.CancelAsync();
        await ((Func<Task>)(() => asking)).Should().ThrowAsync<OperationCanceledException>();
        await ((Func<Task>)(() => resolver.ResolveAsync("svc.test", caller.Token).AsTask())).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task ServersOfResolvConf_AreUsed_AndReplacedWhenItChanges()
    {
        _options.NameServers = [];
        _conf.Write("nameserver 10.0.0.7\n");
        FakeExchange udp = new((_, _) => Records(60, "10.9.0.1"));
        DnsResolver resolver = Resolver(udp);
        List<IReadOnlySet<string>?> changes = [];
        using IDisposable watch = resolver.Watch(changes.Add);
        await resolver.ResolveAsync("svc.test", AddressFamily.InterNetwork, default);
        _conf.Replace("# touched\nnameserver 10.0.0.7\n");
        _clock.Advance(TimeSpan.FromSeconds(3));
        changes.Should().BeEmpty("the settings are the same");

        _conf.Replace("nameserver 10.0.0.8\n");
        _clock.Advance(TimeSpan.FromSeconds(3));
        changes.Should().Equal([null]);
        await resolver.ResolveAsync("svc.test", AddressFamily.InterNetwork, default);
        udp.Servers.Should().Equal("10.0.0.7", "10.0.0.8");
    }

    [Fact]
    public void TimeoutAndAttempts_AreThoseOfTheOptions_ElseOfTheFile_ElseTheDefaults()
    {
        Settings().Should().BeEquivalentTo(new { Timeout = TimeSpan.FromSeconds(2), Attempts = 2 });
        _conf.Write("options timeout:4 attempts:5");
        Settings().Should().BeEquivalentTo(new { Timeout = TimeSpan.FromSeconds(4), Attempts = 5 });
        (_options.QueryTimeout, _options.Attempts) = (TimeSpan.FromSeconds(1), 3);
        Settings().Should().BeEquivalentTo(new { Timeout = TimeSpan.FromSeconds(1), Attempts = 3 });
    }

    private DnsSettings Settings()
    {
        DnsSettingsFile settings = new(_options, _clock, NullLogger.Instance);
        return settings.Current;
    }

    private DnsResolver Resolver(IDnsExchange udp, IDnsExchange? tcp = null) =>
        new(new DnsSettingsFile(_options, _clock, NullLogger.Instance), udp, tcp ?? new FakeExchange((_, _) => Silence), _clock);

    private async Task<Answer> Answer(IDnsExchange udp, AddressFamily family = AddressFamily.InterNetwork, string host = "svc.test")
    {
        DnsResolver resolver = Resolver(udp);
        return await resolver.ResolveAsync(host, family, default);
    }

    private static DnsReply.Records Records(int ttl, params string[] addresses) => new([.. addresses.Select(IPAddress.Parse)], TimeSpan.FromSeconds(ttl));

    private static Answer.Found Found(int ttl, params string[] addresses) => new([.. addresses.Select(IPAddress.Parse)], TimeSpan.FromSeconds(ttl));

    /// <summary>Answers questions for A at once and those for AAAA never.</summary>
    private sealed class HangingExchange(DnsReply reply) : IDnsExchange
    {
        public async ValueTask<DnsReply> AskAsync(NameServer server, DnsQuery query, TimeSpan timeout, CancellationToken cancellationToken)
        {
            if (query.Type == DnsRecordType.Aaaa)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }

            return reply;
        }
    }
}
