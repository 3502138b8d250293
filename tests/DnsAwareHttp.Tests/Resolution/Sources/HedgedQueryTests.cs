using System.Net;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class HedgedQueryTests
{
    private static readonly DnsReply Found = new DnsReply.Records([IPAddress.Parse("10.9.0.1")], TimeSpan.FromSeconds(60));
    private static readonly DnsReply OtherFound = new DnsReply.Records([IPAddress.Parse("10.9.0.2")], TimeSpan.FromSeconds(60));
    private static readonly DnsReply NxDomain = new DnsReply.None(EmptyReason.NxDomain, TimeSpan.FromSeconds(5));
    private static readonly TimeSpan Late = HedgedQuery.LateAfter;

    private readonly ManualTimeProvider _clock = new();
    private readonly HeldExchange _exchange;
    private readonly HedgedQuery _race;

    public HedgedQueryTests()
    {
        _exchange = new HeldExchange(_clock);
        _race = new HedgedQuery(new ServerQuery(_exchange, _exchange, _exchange, new EdnsMemory(_clock), _clock), _clock);
    }

    [Fact]
    public async Task LateServer_GetsCompany_AndWhoAnswersFirstIsAskedFirstNextTime()
    {
        Task<ServerReply> asking = Ask(Servers(2));
        _clock.Advance(Late - TimeSpan.FromMilliseconds(1));
        _exchange.Servers.Should().Equal("10.0.0.1");
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await AskedAsync("10.0.0.1", "10.0.0.2");

        _exchange.Asked[1].Answers(Found);
        ServerReply reply = await asking.WaitAsync(Generous);
        (reply.Server.ToString(), reply.Reply).Should().Be(("10.0.0.2:53", Found));
        _exchange.Asked[0].IsOver.Should().BeTrue("the loser's socket is closed by then");
        await NoTimerRunsAsync();

        asking = Ask(Servers(2));
        await AskedAsync("10.0.0.1", "10.0.0.2", "10.0.0.2");
        _exchange.Asked[2].Answers(Found);
        await asking.WaitAsync(Generous);
    }

    [Fact]
    public async Task LateServer_MayStillWin()
    {
        Task<ServerReply> asking = Ask(Servers(2));
        _clock.Advance(Late);
        await AskedAsync("10.0.0.1", "10.0.0.2");
        _exchange.Asked[0].Answers(OtherFound);
        (await asking.WaitAsync(Generous)).Reply.Should().Be(OtherFound);
        _exchange.Asked[1].IsOver.Should().BeTrue();
    }

    [Theory]
    [InlineData("ServFail")]
    [InlineData("Refused")]
    [InlineData("NotImp")]
    public async Task FailureOfTheOne_DoesNotEndTheOther(string code)
    {
        Task<ServerReply> asking = Ask(Servers(2));
        _clock.Advance(Late);
        await AskedAsync("10.0.0.1", "10.0.0.2");
        _exchange.Asked[1].Answers(new DnsReply.Refusal(Enum.Parse<DnsResponseCode>(code)));
        await Eventually.Holds(() => _exchange.Open == 1, "the failed one is over");
        asking.IsCompleted.Should().BeFalse();
        _exchange.Asked[0].IsOver.Should().BeFalse();
        _exchange.Asked[0].Answers(Found);
        (await asking.WaitAsync(Generous)).Reply.Should().Be(Found);
        _exchange.Servers.Should().HaveCount(2, "no server is asked twice at a time");
    }

    [Fact]
    public async Task FailureOfTheOne_BringsTheThird()
    {
        Task<ServerReply> asking = Ask(Servers(3));
        _clock.Advance(Late);
        await AskedAsync("10.0.0.1", "10.0.0.2");
        _exchange.Asked[1].Answers(new DnsReply.Refusal(DnsResponseCode.ServFail));
        await AskedAsync("10.0.0.1", "10.0.0.2", "10.0.0.3");
        _exchange.Asked[2].Answers(Found);
        (await asking.WaitAsync(Generous)).Server.ToString().Should().Be("10.0.0.3:53");
        _exchange.MostOpen.Should().Be(2);
        _exchange.Open.Should().Be(0);
    }

    [Fact]
    public async Task OneServer_HasNoCompany()
    {
        Task<ServerReply> asking = Ask(Servers(1));
        _clock.Advance(TimeSpan.FromSeconds(1.9));
        _exchange.Servers.Should().Equal("10.0.0.1");
        _exchange.Asked[0].Answers(Found);
        (await asking.WaitAsync(Generous)).Reply.Should().Be(Found);
    }

    [Theory]
    [InlineData(1, 2, 1)]
    [InlineData(2, 2, 2)]
    [InlineData(3, 2, 3)]
    [InlineData(2, 3, 3)]
    public async Task SilentServers_AreEachAskedAsOftenAsAttemptsSays(int servers, int attempts, int atATime)
    {
        Task<ServerReply> asking = Ask(Servers(servers) with { Attempts = attempts });
        for (int asked = 1; asked < servers * attempts; asked++)
        {
            await Eventually.Holds(() => _exchange.Asked.Count >= asked, "the next query is sent");
            await Eventually.Holds(() => { _clock.Advance(TimeSpan.FromMilliseconds(10)); return _exchange.Asked.Count > asked || asking.IsCompleted; }, "and the next one when it is late");
        }

        await Eventually.Holds(() => { _clock.Advance(TimeSpan.FromMilliseconds(50)); return asking.IsCompleted; }, "all end");
        (await asking).Reply.Should().BeOfType<DnsReply.Silence>();
        _exchange.Servers.GroupBy(static server => server).Select(static server => server.Count()).Should().Equal(Enumerable.Repeat(attempts, servers));
        _exchange.MostOpen.Should().BeLessThanOrEqualTo(atATime);
        await NoTimerRunsAsync();
    }

    [Fact]
    public async Task WithRotate_TurnsAreTaken_WhoeverWon()
    {
        for (int turn = 0; turn < 4; turn++)
        {
            Task<ServerReply> asking = Ask(Servers(2) with { Rotate = true });
            string first = turn % 2 == 0 ? "10.0.0.1" : "10.0.0.2";
            _exchange.Asked[^1].Server.Should().Be(first);
            _clock.Advance(Late);
            await Eventually.Holds(() => _exchange.Asked[^1].Server != first, "the other is asked too");
            _exchange.Asked[^1].Answers(Found);
            await asking.WaitAsync(Generous);
        }
    }

    [Fact]
    public async Task CallersToken_EndsBoth()
    {
        using CancellationTokenSource caller = new();
        Task<ServerReply> asking = Ask(Servers(2), cancellationToken: caller.Token);
        _clock.Advance(Late);
        await AskedAsync("10.0.0.1", "10.0.0.2");
        await caller.CancelAsync();
        await ((Func<Task>)(() => asking.WaitAsync(Generous))).Should().ThrowAsync<OperationCanceledException>();
        _exchange.Open.Should().Be(0);
        await NoTimerRunsAsync();
    }

    [Fact]
    public async Task TenThousandQuestions_WaitForAPlace_WithoutAThread_AndTheNewestComesFirst()
    {
        using CancellationTokenSource caller = new();
        int threads = ThreadPool.ThreadCount;
        Task<ServerReply>[] asking = [.. Enumerable.Range(0, 10_000).Select(number => Ask(Servers(2), $"n{number}.test", caller.Token))];
        _exchange.Open.Should().Be(QuestionPlaces.MaxFreshOfZone);
        ThreadPool.ThreadCount.Should().BeLessThan(threads + 100, "nobody waits on a thread");

        _exchange.Asked[7].Answers(Found);
        await asking[7].WaitAsync(Generous);
        await Eventually.Holds(() => _exchange.Asked.Count == QuestionPlaces.MaxFreshOfZone + 1, "the next has the place");
        _exchange.Asked[^1].Query.Host.Should().Be("n9999.test");

        await caller.CancelAsync();
        await ((Func<Task>)(() => Task.WhenAll(asking).WaitAsync(Generous))).Should().ThrowAsync<OperationCanceledException>();
        (_exchange.Open, _exchange.MostOpen).Should().Be((0, QuestionPlaces.MaxFreshOfZone));

        Task<ServerReply>[] again = [.. Enumerable.Range(0, QuestionPlaces.MaxFreshOfZone).Select(_ => Ask(Servers(2)))];
        _exchange.Open.Should().Be(QuestionPlaces.MaxFreshOfZone, "all places were given back");
        foreach (HeldExchange.Held held in _exchange.Asked.TakeLast(QuestionPlaces.MaxFreshOfZone))
        {
            held.Answers(Found);
        }

        await Task.WhenAll(again).WaitAsync(Generous);
        await NoTimerRunsAsync();
    }

    [Fact]
    public async Task QuestionsOfASilentZone_CostOneRoundOfPlaces_AndThenOnlySockets()
    {
        for (int count = 1; count <= 10; count++)
        {
            Task[] dead = [.. Enumerable.Range(0, QuestionPlaces.MaxFreshOfZone).Select(number => (Task)Ask(Servers(1), $"n{number}.dead.test"))];
            int open = count * QuestionPlaces.MaxFreshOfZone;
            _exchange.Open.Should().Be(open, "no question waits");

            Task<ServerReply> other = Ask(Servers(1));
            _exchange.Asked[^1].Query.Host.Should().Be("svc.test", "another zone does not wait at all");
            _exchange.Asked[^1].Answers(Found);
            await other.WaitAsync(Generous);

            _clock.Advance(QuestionPlaces.FreshFor);
            Task<ServerReply> next = Ask(Servers(1), "next.dead.test");
            await Eventually.Holds(() => _exchange.Asked[^1].Query.Host == "next.dead.test", "the places are free again");
            _exchange.Asked[^1].Answers(Found);
            await next.WaitAsync(Generous);
        }
    }

    [Fact]
    public async Task PlacesOfCompany_AreGivenBack()
    {
        for (int count = 0; count < 2 * QuestionPlaces.MaxFreshOfZone; count++)
        {
            Task<ServerReply> asking = Ask(Servers(2));
            int asked = _exchange.Asked.Count;
            _clock.Advance(Late);
            await Eventually.Holds(() => _exchange.Asked.Count == asked + 1, "the other is asked too");
            _exchange.Asked[^1].Answers(count % 2 == 0 ? Found : new DnsReply.Refusal(DnsResponseCode.ServFail));
            if (count % 2 == 1)
            {
                _exchange.Asked[^2].Answers(Found);
            }

            await asking.WaitAsync(Generous);
        }

        Task<ServerReply>[] all = [.. Enumerable.Range(0, QuestionPlaces.MaxFreshOfZone + 1).Select(_ => Ask(Servers(1)))];
        _exchange.Open.Should().Be(QuestionPlaces.MaxFreshOfZone);
        all.Should().OnlyContain(static one => !one.IsCompleted);
    }

    [Fact]
    public async Task NoOfTheSecond_WaitsForTheFirst_ThatTakes600Milliseconds()
    {
        Task<ServerReply> asking = Ask(Servers(2));
        _clock.Advance(Late);
        await AskedAsync("10.0.0.1", "10.0.0.2");
        _exchange.Asked[1].Answers(NxDomain);
        await Eventually.Holds(() => _exchange.Open == 1, "the second has answered");
        asking.IsCompleted.Should().BeFalse();

        _clock.Advance(TimeSpan.FromMilliseconds(100));
        _exchange.Asked[0].Answers(Found);

        (await asking.WaitAsync(Generous)).Reply.Should().Be(Found);
    }

    [Fact]
    public async Task NoOfTheSecond_WhileTheFirstIsInTrouble_CountsOnceTheFirstWasAsked()
    {
        Task<ServerReply> asking = Ask(Servers(2));
        _clock.Advance(Late);
        await AskedAsync("10.0.0.1", "10.0.0.2");
        _exchange.Asked[1].Answers(Found);
        await asking.WaitAsync(Generous);

        asking = Ask(Servers(2), "internal.test");
        _exchange.Asked[2].Answers(NxDomain);
        await AskedAsync("10.0.0.1", "10.0.0.2", "10.0.0.2", "10.0.0.1");
        _exchange.Asked[3].Answers(Found);

        (await asking.WaitAsync(Generous)).Reply.Should().Be(Found);
    }

    [Theory]
    [InlineData("Silence", true)]
    [InlineData("ServFail", true)]
    [InlineData("Refused", false)]
    [InlineData("NotImp", false)]
    public async Task NoOfTheSecond_AfterAFailureOfTheFirst_IsDoubted(string failure, bool isDoubted)
    {
        Task<ServerReply> asking = Ask(Servers(2));
        _exchange.Asked[0].Answers(failure == "Silence" ? new DnsReply.Silence("test") : new DnsReply.Refusal(Enum.Parse<DnsResponseCode>(failure)));
        await AskedAsync("10.0.0.1", "10.0.0.2");
        _exchange.Asked[1].Answers(NxDomain);

        ServerReply reply = await asking.WaitAsync(Generous);

        (reply.Reply, reply.Missing?.ToString()).Should().Be((NxDomain, isDoubted ? "10.0.0.1:53" : null));
    }

    [Fact]
    public async Task NoOfTheSecond_OfADeadFirst_IsBelievedAfterAMinute()
    {
        for (int second = 0; ; second += 10)
        {
            int asked = _exchange.Asked.Count;
            Task<ServerReply> asking = Ask(Servers(2));
            ServerReply? reply = null;
            while (reply is null)
            {
                foreach (HeldExchange.Held held in _exchange.Asked.Skip(asked).Where(held => !held.IsOver))
                {
                    held.Answer.TrySetResult(held.Server == "10.0.0.1" ? new DnsReply.Silence("refused") : NxDomain);
                }

                reply = asking.IsCompleted ? await asking : null;
                await Task.Yield();
            }

            (reply.Missing is not null).Should().Be(second < 60, "the first is silent for {0} s", second);
            if (second > 100)
            {
                return;
            }

            _clock.Advance(TimeSpan.FromSeconds(10));
        }
    }

    [Fact]
    public async Task SilentServers_OfALongTimeout_AllHaveTheirTurnWithinTheShare()
    {
        DnsSettings settings = Servers(3) with { Timeout = TimeSpan.FromSeconds(5) };
        Task<ServerReply> asking = Ask(settings);
        for (int late = 0; late < 2; late++)
        {
            _clock.Advance(Late);
            await Eventually.Holds(() => _exchange.Servers.Count == late + 2, "the next is asked beside the late ones");
        }

        _exchange.Asked[2].Answers(Found);
        (await asking.WaitAsync(Generous)).Server.ToString().Should().Be("10.0.0.3:53");
    }

    [Fact]
    public async Task LostQuestion_OfALongTimeout_IsSentAgainWithinTheShare_AndALateAnswerStillCounts()
    {
        Task<ServerReply> asking = Ask(Servers(1) with { Timeout = TimeSpan.FromSeconds(5) });
        _clock.Advance(ServerRun.Share / 2);
        await AskedAsync("10.0.0.1", "10.0.0.1");
        _clock.Advance(TimeSpan.FromSeconds(1));
        _exchange.Asked[0].Answers(Found);
        (await asking.WaitAsync(Generous)).Reply.Should().Be(Found);

        asking = Ask(Servers(1) with { Timeout = TimeSpan.FromSeconds(5) });
        _clock.Advance(ServerRun.Share);
        (await asking.WaitAsync(Generous)).Reply.Should().BeOfType<DnsReply.Silence>();
        await NoTimerRunsAsync();
    }

    private static TimeSpan Generous => TimeSpan.FromSeconds(60);

    private static DnsSettings Servers(int count) => new(
        [.. Enumerable.Range(1, count).Select(static number => NameServer.Parse($"10.0.0.{number}"))], [], 1, TimeSpan.FromSeconds(2), 2, Rotate: false);

    private Task<ServerReply> Ask(DnsSettings settings, string host = "svc.test", CancellationToken cancellationToken = default) =>
        _race.AskAsync(new DnsQuery(host, DnsRecordType.A) { Edns = false }, settings, cancellationToken);

    private Task NoTimerRunsAsync() => Eventually.Holds(() => _clock.ActiveTimers == 0, "no timer runs");

    private Task AskedAsync(params string[] servers) => Eventually.Holds(() => _exchange.Servers.SequenceEqual(servers), $"asked are {string.Join(", ", servers)}");
}
