using System.Net;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Tests.Resolution.Sources;

/// <summary>One question to several servers, seen from the resolver. <see cref="HedgedQueryTests"/> has the timing in detail.</summary>
public sealed class ServerRunTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(500);
    private static readonly DnsReply NxDomain = new DnsReply.None(EmptyReason.NxDomain, TimeSpan.FromSeconds(5));
    private static readonly DnsReply ServFail = new DnsReply.Refusal(DnsResponseCode.ServFail);
    private static readonly DnsReply Refused = new DnsReply.Refusal(DnsResponseCode.Refused);

    private static readonly FakeExchange Unused = new(static (_, _) => throw new NotSupportedException("UDP is not to be used."));

    private readonly ManualTimeProvider _clock = new();
    private readonly TemporaryFile _conf = new();
    private readonly HeldExchange _servers;

    public ServerRunTests() => _servers = new HeldExchange(_clock);

    public void Dispose() => _conf.Dispose();

    [Fact]
    public async Task Records_CountAtOnce_FromWhicheverServer()
    {
        Task<DnsOutcome> asking = Ask("10.0.0.1", "10.0.0.2");
        await LateAsync("10.0.0.1", "10.0.0.2");

        To("10.0.0.2").Answers(Records("10.9.0.2"));

        (await asking.WaitAsync(Patience)).Answer.Should().Be(Found("10.9.0.2"));
        await Eventually.Holds(() => _servers.Open == 0, "the query to the late server ends");
    }

    [Fact]
    public async Task NoOfALaterServer_WaitsForTheFirst_WhichMayKnowTheName()
    {
        Task<DnsOutcome> asking = Ask("10.0.0.1", "10.0.0.2");
        await LateAsync("10.0.0.1", "10.0.0.2");
        To("10.0.0.2").Answers(NxDomain);
        await Eventually.Holds(() => To("10.0.0.2").IsOver, "the second has answered");
        asking.IsCompleted.Should().BeFalse();

        To("10.0.0.1").Answers(Records("10.9.0.1"));

        (await asking.WaitAsync(Patience)).Answer.Should().Be(Found("10.9.0.1"));
    }

    [Fact]
    public async Task NoOfTheFirst_CountsAtOnce()
    {
        Task<DnsOutcome> asking = Ask("10.0.0.1", "10.0.0.2");
        await LateAsync("10.0.0.1", "10.0.0.2");

        To("10.0.0.1").Answers(NxDomain);

        (await asking.WaitAsync(Patience)).Answer.Should().Be(new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(5)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task NoAfterAFailureOfTheFirst_IsBelievedOnlyIfTheFirstRefuses(bool refuses)
    {
        Task<DnsOutcome> asking = Ask("10.0.0.1", "10.0.0.2");
        await AskedAsync("10.0.0.1");
        To("10.0.0.1").Answers(refuses ? Refused : ServFail);
        await AskedAsync("10.0.0.1", "10.0.0.2");

        To("10.0.0.2").Answers(NxDomain);

        DnsOutcome outcome = await asking.WaitAsync(Patience);
        outcome.Answer.Should().Be(refuses
            ? new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(5))
            : new Answer.Failed("name server 10.0.0.1:53 fails, and may know what 10.0.0.2:53 denies"));
        outcome.Denied.Should().Be(refuses ? null : new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task AllServersFail_EachIsAskedAgain_AndTheLastFailureIsTheOutcome()
    {
        FakeExchange failing = new((server, _) => server.Address.ToString() == "10.0.0.1" ? Refused : ServFail);

        DnsOutcome outcome = await Ask(failing, "10.0.0.1", "10.0.0.2").WaitAsync(Patience);

        failing.Servers.Should().Equal("10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.2");
        outcome.Answer.Should().Be(new Answer.Failed("name server 10.0.0.2:53 answered SERVFAIL"));
    }

    private HeldExchange.Held To(string server) => _servers.Asked.Single(held => held.Server == server);

    private Task AskedAsync(params string[] servers) =>
        Eventually.Holds(() => _servers.Servers.SequenceEqual(servers), $"asked are {string.Join(", ", servers)}");

    private async Task LateAsync(string server, string next)
    {
        await AskedAsync(server);
        _clock.Advance(Late);
        await AskedAsync(server, next);
    }

    private Task<DnsOutcome> Ask(params string[] servers) => Ask(_servers, servers);

    private async Task<DnsOutcome> Ask(IDnsExchange exchange, params string[] servers)
    {
        // By TCP: there no second query, without EDNS, goes beside each that is late.
        _conf.Write("options use-vc");
        DnsCacheOptions options = new() { ResolvConfPath = _conf.Path, NameServers = servers };
        DnsResolver resolver = new(new DnsSettingsFile(options, _clock, NullLogger.Instance), Unused, exchange, _clock);
        return await resolver.AskAsync(new Question("svc.test.", QuestionKind.A), known: null, default);
    }

    private static DnsReply.Records Records(string address) => new([IPAddress.Parse(address)], TimeSpan.FromSeconds(60));

    private static Answer.Found Found(string address) => new([IPAddress.Parse(address)], TimeSpan.FromSeconds(60));
}
