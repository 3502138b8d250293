using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Tests.Resolution.Sources;

/// <summary>The lookup of one absolute name, through the resolver that has no search list here.</summary>
public sealed class DnsLookupTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly DnsReply NxDomain = new DnsReply.None(EmptyReason.NxDomain, TimeSpan.FromSeconds(5));

    private readonly ManualTimeProvider _clock = new();
    private readonly TemporaryFile _conf = new();

    public void Dispose() => _conf.Dispose();

    [Theory]
    [InlineData("Addresses", "A Aaaa")]
    [InlineData("A", "A")]
    [InlineData("Aaaa", "Aaaa")]
    [InlineData("Service", "Srv")]
    public async Task EachKindOfQuestion_AsksForItsRecords(string kind, string types)
    {
        FakeExchange udp = new(static (_, _) => NxDomain);

        DnsOutcome outcome = await AskAsync(udp, Enum.Parse<QuestionKind>(kind));

        string.Join(' ', udp.Queries.Select(query => query.Type).Order()).Should().Be(types);
        outcome.Should().Be(new DnsOutcome(new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(5)), WasAsked: true));
    }

    [Theory]
    [InlineData("Addresses", "A")]
    [InlineData("Aaaa", "")]
    public async Task WithoutAaaa_NoServerIsAskedForThem(string kind, string types)
    {
        _conf.Write("options no-aaaa");
        FakeExchange udp = new(static (_, _) => Records("10.9.0.1"));

        DnsOutcome outcome = await AskAsync(udp, Enum.Parse<QuestionKind>(kind));

        string.Join(' ', udp.Queries.Select(query => query.Type)).Should().Be(types);
        outcome.Answer.Should().Be(types == "A"
            ? Found("10.9.0.1")
            : new Answer.Empty(EmptyReason.NoData, DnsMessageReader.DefaultNegativeTtl));
    }

    [Fact]
    public async Task OneByOne_AaaaIsAskedForAfterTheAnswerAboutA()
    {
        _conf.Write("options single-request");
        HeldExchange udp = new(_clock);
        Task<DnsOutcome> asking = AskAsync(udp, QuestionKind.Addresses);
        await Eventually.Holds(() => udp.Asked.Count == 1, "A is asked for");
        udp.Asked[0].Query.Type.Should().Be(DnsRecordType.A);

        udp.Asked[0].Answers(Records("10.9.0.1"));

        await Eventually.Holds(() => udp.Asked.Count == 2, "AAAA is asked for then");
        udp.Asked[1].Query.Type.Should().Be(DnsRecordType.Aaaa);
        udp.Asked[1].Answers(Records("2001:db8::1"));
        (await asking.WaitAsync(Patience)).Answer.Should().Be(Found("10.9.0.1", "2001:db8::1"));
    }

    [Theory]
    [InlineData("Aaaa", "::ffff:10.9.0.1 2001:db8::1", "2001:db8::1")]
    [InlineData("Aaaa", "::ffff:10.9.0.1", "")]
    public async Task MappedAddress_IsNoAnswerAboutIPv6(string kind, string addresses, string expected)
    {
        DnsOutcome outcome = await AskAsync(new FakeExchange((_, _) => Records(addresses.Split(' '))), Enum.Parse<QuestionKind>(kind));

        outcome.Answer.Should().Be(
            expected.Length > 0 ? Found(expected) : new Answer.Empty(EmptyReason.NoData, TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task Alias_IsFollowed_AndItsTtlCountsButASecondForEachQuestion()
    {
        FakeExchange udp = new(static (_, query) => query.Host switch
        {
            "svc.test" => new DnsReply.Elsewhere("a.test", 1, TimeSpan.Zero),
            "a.test" => new DnsReply.Elsewhere("b.test", 1, TimeSpan.Zero),
            _ => Records("10.9.0.1"),
        });

        DnsOutcome outcome = await AskAsync(udp, QuestionKind.A);

        udp.Hosts.Should().Equal("svc.test", "a.test", "b.test");
        udp.Queries.Select(query => query.LinksLeft).Should().Equal(DnsQuery.MaxLinks, DnsQuery.MaxLinks - 1, DnsQuery.MaxLinks - 2);
        outcome.Answer.Should().Be(Found("10.9.0.1") with { Ttl = TimeSpan.FromSeconds(2) });
    }

    [Fact]
    public async Task AliasesWithoutEnd_AreAFailureAfterAFewQuestions()
    {
        int count = 0;
        FakeExchange udp = new((_, _) => new DnsReply.Elsewhere($"a{count++}.test", 1, TimeSpan.FromSeconds(60)));

        DnsOutcome outcome = await AskAsync(udp, QuestionKind.A);

        outcome.Should().Be(new DnsOutcome(new Answer.Failed("the chain of aliases is too long, or is a loop"), WasAsked: true));
        udp.Queries.Should().HaveCount(17);
    }

    [Fact]
    public async Task LateFamily_JoinsAfterTheResolutionDelay()
    {
        _conf.Write("options use-vc");
        TaskCompletionSource<DnsReply> v4 = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<DnsOutcome> asking = AskAsync(new LateForIPv4(v4.Task), QuestionKind.Addresses);
        _clock.Advance(DnsLookup.ResolutionDelay - TimeSpan.FromMilliseconds(1));
        asking.IsCompleted.Should().BeFalse();

        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Answer.Found part = (await asking.WaitAsync(Patience)).Answer.Should().BeOfType<Answer.Found>().Subject;
        part.Should().Be(Found("2001:db8::1") with { FailedFamily = AddressFamily.InterNetwork });
        v4.SetResult(NxDomain);
        (await part.WholeAsync().WaitAsync(Patience)).Should().Be(Found("2001:db8::1"));
    }

    public static TheoryData<string, string> Failures() => new()
    {
        { "Refused", "name server 10.0.0.1:53 answered REFUSED" },
        { "Malformed", "name server 10.0.0.1:53 sent a malformed answer: a record breaks off" },
        { "Silence", "name server 10.0.0.1:53: no answer within 2 s" },
        { "Lame", "name server 10.0.0.1:53 does not know the zone of the name" },
        { "Truncated", "name server 10.0.0.1:53 sent only a part of its answer" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Failure_NamesTheServerAndTheReason(string failure, string reason)
    {
        FakeExchange udp = new((_, _) => failure switch
        {
            "Refused" => new DnsReply.Refusal(DnsResponseCode.Refused),
            "Malformed" => new DnsReply.Malformed("a record breaks off"),
            "Silence" => new DnsReply.Silence("no answer within 2 s"),
            "Lame" => DnsReply.Lame.Instance,
            _ => DnsReply.Truncated.Instance,
        });

        DnsOutcome outcome = await AskAsync(udp, QuestionKind.A);

        outcome.Should().Be(new DnsOutcome(new Answer.Failed(reason), WasAsked: true));
    }

    [Fact]
    public async Task WithoutASocket_NoServerWasAsked()
    {
        DnsOutcome outcome = await AskAsync(new FakeExchange(static (_, _) => new DnsReply.NoSocket(new SocketException())), QuestionKind.A);

        outcome.WasAsked.Should().BeFalse();
        outcome.Answer.Should().BeOfType<Answer.Failed>().Which.Exception.Should().BeOfType<SocketException>();
    }

    private async Task<DnsOutcome> AskAsync(IDnsExchange udp, QuestionKind kind)
    {
        DnsCacheOptions options = new() { ResolvConfPath = _conf.Path, NameServers = ["10.0.0.1"] };
        DnsResolver resolver = new(new DnsSettingsFile(options, _clock, NullLogger.Instance), udp, udp, _clock);
        return await resolver.AskAsync(new Question("svc.test.", kind), known: null, default);
    }

    private static DnsReply.Records Records(params string[] addresses) =>
        new([.. addresses.Select(IPAddress.Parse)], TimeSpan.FromSeconds(60));

    private static Answer.Found Found(params string[] addresses) => new([.. addresses.Select(IPAddress.Parse)], TimeSpan.FromSeconds(60));

    /// <summary>Answers questions for AAAA at once, and the others later.</summary>
    private sealed class LateForIPv4(Task<DnsReply> v4) : IDnsExchange
    {
        public ValueTask<DnsReply> AskAsync(NameServer server, DnsQuery query, TimeSpan timeout, CancellationToken cancellationToken) =>
            query.Type == DnsRecordType.Aaaa ? ValueTask.FromResult<DnsReply>(Records("2001:db8::1")) : new(v4.WaitAsync(cancellationToken));
    }
}
