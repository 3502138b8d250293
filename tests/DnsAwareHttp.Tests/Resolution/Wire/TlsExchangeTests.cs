using System.Net;
using System.Security.Cryptography.X509Certificates;
using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>DNS over TLS with real sockets, real TLS and certificates made here.</summary>
public sealed class TlsExchangeTests : IAsyncLifetime
{
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _clock = new();
    private readonly TestAuthority _authority = new();
    private readonly X509Certificate2 _certificate;
    private readonly TlsExchange _tls;
    private TlsDnsServer? _dns;

    public TlsExchangeTests()
    {
        _certificate = _authority.Certify("dns.test");
        _tls = new TlsExchange(_clock, _authority.Trust);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _tls.DisposeAsync();
        if (_dns is not null)
        {
            await _dns.DisposeAsync();
        }

        _certificate.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task Question_IsAsked_Padded()
    {
        _dns = TlsDnsServer.Start(_certificate);
        (await Ask("n7.test")).Should().Be("10.0.0.7");
        byte[] question = _dns.Questions.Single();
        question.Should().HaveCount(128);
        int option = 12 + 9 + 4 + 11;
        question[option..(option + 4)].Should().Equal(0, 12, 0, 128 - 12 - 9 - 4 - 11 - 4);
    }

    [Theory]
    [InlineData("dns.test", "#dns.test", 7, true, true)]
    [InlineData("127.0.0.1", "", 7, true, true)]
    [InlineData("*.dns.test", "#a.dns.test", 7, true, true)]
    [InlineData("other.test", "#dns.test", 7, true, false)]
    [InlineData("127.0.0.1", "#dns.test", 7, true, false)]
    [InlineData("dns.test", "", 7, true, false)]
    [InlineData("127.0.0.2", "", 7, true, false)]
    [InlineData("dns.test", "#dns.test", -1, true, false)]
    [InlineData("dns.test", "#dns.test", 7, false, false)]
    public async Task Certificate_IsChecked(string subject, string name, int days, bool isTrusted, bool isGood)
    {
        using TestAuthority stranger = new();
        using X509Certificate2 certificate = (isTrusted ? _authority : stranger).Certify(subject, days);
        _dns = TlsDnsServer.Start(certificate);
        DnsReply reply = await AskAsync(NameServer.Parse(_dns.Address + name), "n7.test");
        if (isGood)
        {
            reply.Should().BeOfType<DnsReply.Records>();
            return;
        }

        reply.Should().BeOfType<DnsReply.Silence>().Which.Problem.Should().StartWith("its certificate or its TLS is not accepted (");
        _dns.Questions.Should().BeEmpty();
    }

    [Fact]
    public async Task WithoutATrustOfItsOwn_TheSystemsRootsDecide()
    {
        _dns = TlsDnsServer.Start(_certificate);
        await using TlsExchange tls = new(_clock);
        (await tls.AskAsync(Server, Query("n7.test"), Generous, default).AsTask().WaitAsync(Generous)).Should().BeOfType<DnsReply.Silence>();
        _dns.Questions.Should().BeEmpty();
    }

    [Fact]
    public async Task Connection_IsUsedAgain()
    {
        _dns = TlsDnsServer.Start(_certificate);
        for (int number = 1; number <= 50; number++)
        {
            (await Ask($"n{number}.test")).Should().Be($"10.0.0.{number}");
            _clock.Advance(TlsConnection.IdleTimeout - TimeSpan.FromSeconds(1));
        }

        _dns.Connections.Should().Be(1);
        _dns.Questions.Select(static question => (question[0] << 8) | question[1]).Distinct().Count().Should().BeGreaterThan(40, "ids are random here, too");
    }

    [Fact]
    public async Task AnswersInAnotherOrder_FindTheirQuestions_OnOneConnection()
    {
        const int Count = 100;
        _dns = TlsDnsServer.Start(_certificate, async conversation =>
        {
            List<byte[]> questions = [];
            while (questions.Count < Count && await conversation.ReadAsync() is byte[] question)
            {
                questions.Add(question);
            }

            foreach (byte[] question in Enumerable.Reverse(questions))
            {
                await conversation.AnswerAsync(question);
            }

            await conversation.ReadToEndAsync();
        });
        string[] answers = await Task.WhenAll(Enumerable.Range(0, Count).Select(number => Ask($"n{number}.test")));
        answers.Should().Equal(Enumerable.Range(0, Count).Select(static number => $"10.0.0.{number}"));
        _dns.Connections.Should().Be(1);
    }

    [Fact]
    public async Task AnswersToNoQuestion_AreNotTaken()
    {
        _dns = TlsDnsServer.Start(_certificate, async conversation =>
        {
            byte[] question = (await conversation.ReadAsync())!;
            byte[] otherId = TlsDnsServer.Answer(question);
            otherId[0] ^= 0x55;
            byte[] otherName = TlsDnsServer.Answer(question);
            otherName[13] = (byte)'q';
            otherName[^1] = 99;
            await conversation.SendAsync([]);
            await conversation.SendAsync([1]);
            await conversation.SendAsync(otherId);
            await conversation.SendAsync(otherName);
            await conversation.AnswerAsync(question);
            await conversation.ReadToEndAsync();
        });
        (await Ask("n7.test")).Should().Be("10.0.0.7");
    }

    [Fact]
    public async Task ConnectionThatTheServerEnded_IsFollowedByANewOne()
    {
        _dns = TlsDnsServer.Start(_certificate, static async conversation => await conversation.AnswerAsync((await conversation.ReadAsync())!));
        (await Ask("n7.test")).Should().Be("10.0.0.7");
        (await Ask("n8.test")).Should().Be("10.0.0.8");
        _dns.Connections.Should().Be(2);
    }

    [Fact]
    public async Task ConnectionThatEndsBeforeTheAnswer_IsFollowedByANewOne_Once()
    {
        _dns = TlsDnsServer.Start(_certificate, static async conversation =>
        {
            byte[] question = (await conversation.ReadAsync())!;
            if (conversation.Number == 2)
            {
                await conversation.AnswerAsync(question);
                await conversation.ReadAsync();
            }
        });
        (await Ask("n7.test")).Should().Be("10.0.0.7");
        _dns.Connections.Should().Be(2);

        (await AskAsync(Server, "n8.test")).Should().BeOfType<DnsReply.Silence>().Which.Problem.Should().Contain("ended before the answer");
        _dns.Connections.Should().Be(3, "the open one, and one more");
    }

    [Fact]
    public async Task SilentServer_IsSilentWhenTheTimeIsOver_AndTheConnectionIsNotBelievedAnyMore()
    {
        _dns = TlsDnsServer.Start(_certificate, static async conversation =>
        {
            while (await conversation.ReadAsync() is byte[] question)
            {
                if (conversation.Number > 1)
                {
                    await conversation.AnswerAsync(question);
                }
            }
        });
        Task<DnsReply> asking = AskAsync(Server, "n7.test", TimeSpan.FromSeconds(2));
        await Eventually.Holds(() => _dns.Questions.Count == 1, "the question arrives");
        _clock.Advance(TimeSpan.FromSeconds(2));
        (await asking).Should().BeOfType<DnsReply.Silence>().Which.Problem.Should().Be("no answer over TLS within 2 s");
        (await Ask("n8.test")).Should().Be("10.0.0.8");
        _dns.Connections.Should().Be(2);
        await Eventually.Holds(() => _dns.Ended == 1, "the first connection is closed");
    }

    [Fact]
    public async Task ServerThatDoesNotShakeHands_IsSilentWhenTheTimeIsOver()
    {
        _dns = TlsDnsServer.Start(null, static _ => Task.CompletedTask);
        Task<DnsReply> asking = AskAsync(Server, "n7.test", TimeSpan.FromSeconds(2));
        await Eventually.Holds(() => _dns.Connections == 1, "the connection is open");
        _clock.Advance(TimeSpan.FromSeconds(2));
        (await asking).Should().BeOfType<DnsReply.Silence>();
        await Eventually.Holds(() => _dns.Ended == 1, "the connection is closed");
        await Eventually.Holds(() => _clock.ActiveTimers == 0, "nothing is left");
    }

    [Fact]
    public async Task ClosedPort_IsSilence_NotALackOfSockets()
    {
        _dns = TlsDnsServer.Start(_certificate);
        NameServer closed = Server;
        await _dns.DisposeAsync();
        _dns = null;
        (await AskAsync(closed, "n7.test")).Should().BeOfType<DnsReply.Silence>("nobody else is to be asked in clear");
    }

    [Fact]
    public async Task IdleConnection_IsClosed_AndNoTimerRunsOn()
    {
        _dns = TlsDnsServer.Start(_certificate);
        await Ask("n7.test");
        _clock.Advance(TlsConnection.IdleTimeout - TimeSpan.FromSeconds(1));
        _dns.Ended.Should().Be(0);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Eventually.Holds(() => _dns.Ended == 1, "the connection is closed");
        await Eventually.Holds(() => _clock.ActiveTimers == 0, "no timer runs");
        (await Ask("n8.test")).Should().Be("10.0.0.8");
        _dns.Connections.Should().Be(2);
    }

    [Fact]
    public async Task OnlyTheCallersToken_Cancels_AndOthersOnTheConnectionGoOn()
    {
        TaskCompletionSource answering = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _dns = TlsDnsServer.Start(_certificate, async conversation =>
        {
            byte[][] questions = [(await conversation.ReadAsync())!, (await conversation.ReadAsync())!];
            await answering.Task;
            await conversation.AnswerAsync(questions[0]);
            await conversation.AnswerAsync(questions[1]);
            await conversation.ReadToEndAsync();
        });
        using CancellationTokenSource caller = new();
        Task<DnsReply> givenUp = _tls.AskAsync(Server, Query("n7.test"), Generous, caller.Token).AsTask();
        Task<string> other = Ask("n8.test");
        await Eventually.Holds(() => _dns.Questions.Count == 2, "both arrive");
        await caller.CancelAsync();
        await ((Func<Task>)(() => givenUp)).Should().ThrowAsync<OperationCanceledException>();
        answering.SetResult();
        (await other).Should().Be("10.0.0.8");
        _dns.Connections.Should().Be(1);
    }

    [Fact]
    public async Task Stop_ClosesConnections_AndEndsQuestions()
    {
        _dns = TlsDnsServer.Start(_certificate, static conversation => conversation.ReadToEndAsync());
        Task<DnsReply> asking = AskAsync(Server, "n7.test");
        await Eventually.Holds(() => _dns.Questions.Count == 1, "the question arrives");
        await _tls.DisposeAsync().AsTask().WaitAsync(Generous);
        (await asking).Should().BeOfType<DnsReply.Silence>();
        await Eventually.Holds(() => _dns.Ended == 1, "the connection is closed");
        await Eventually.Holds(() => _clock.ActiveTimers == 0, "no timer runs");
        (await AskAsync(Server, "n8.test")).Should().BeOfType<DnsReply.Silence>().Which.Problem.Should().Be("the cache was disposed");
        _dns.Connections.Should().Be(1);
    }

    private NameServer Server => NameServer.Parse(_dns!.Address + "#dns.test");

    private static DnsQuery Query(string host) => new(host, DnsRecordType.A);

    private async Task<string> Ask(string host) =>
        await AskAsync(Server, host) is DnsReply.Records records ? string.Join<IPAddress>(',', records.Addresses) : "no records";

    private Task<DnsReply> AskAsync(NameServer server, string host, TimeSpan? timeout = null) =>
        _tls.AskAsync(server, Query(host), timeout ?? TimeSpan.FromMinutes(10), default).AsTask().WaitAsync(Generous);
}
