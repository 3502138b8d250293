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
    private static readonly TimeSpan Late = HedgedQuery.LateAfter;

    private readonly ManualTimeProvider _clock = new();
    private readonly HeldExchange _exchange;
    private readonly HedgedQuery _race;

    public HedgedQueryTests()
    {
        _exchange = new HeldExchange(_clock);
        _race = new HedgedQuery(new ServerQuery(_exchange, _exchange, _exchange), _clock);
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
    public async Task FailureOfTheOne_BringsTheThird_ButNeverMoreThanTwoAtATime()
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
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(2, 3)]
    public async Task SilentServers_AreEachAskedAsOftenAsAttemptsSays(int servers, int attempts)
    {
        Task<ServerReply> asking = Ask(Servers(servers) with { Attempts = attempts });
        while (!asking.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        (await asking).Reply.Should().BeOfType<DnsReply.Silence>();
        _exchange.Servers.GroupBy(static server => server).Select(static server => server.Count()).Should().Equal(Enumerable.Repeat(attempts, servers));
        _exchange.MostOpen.Should().Be(Math.Min(servers, 2));
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
    public async Task TenThousandQuestions_WaitInOrderForAPlace_WithoutAThread()
    {
        using CancellationTokenSource caller = new();
        int threads = ThreadPool.ThreadCount;
        Task<ServerReply>[] asking = [.. Enumerable.Range(0, 10_000).Select(number => Ask(Servers(2), $"n{number}.test", caller.Token))];
        _exchange.Open.Should().Be(HedgedQuery.MaxConcurrent);
        ThreadPool.ThreadCount.Should().BeLessThan(threads + 100, "nobody waits on a thread");

        // A second server beside a late one is a luxury: while questions wait for a place, there is none.
        _clock.Advance(Late);
        _exchange.Asked[7].Answers(Found);
        await asking[7].WaitAsync(Generous);
        await Eventually.Holds(() => _exchange.Asked.Count == HedgedQuery.MaxConcurrent + 1, "the next has the place");
        _exchange.Asked[^1].Query.Host.Should().Be($"n{HedgedQuery.MaxConcurrent}.test");

        await caller.CancelAsync();
        await ((Func<Task>)(() => Task.WhenAll(asking).WaitAsync(Generous))).Should().ThrowAsync<OperationCanceledException>();
        (_exchange.Open, _exchange.MostOpen).Should().Be((0, HedgedQuery.MaxConcurrent));

        Task<ServerReply>[] again = [.. Enumerable.Range(0, HedgedQuery.MaxConcurrent).Select(_ => Ask(Servers(2)))];
        _exchange.Open.Should().Be(HedgedQuery.MaxConcurrent, "all places were given back");
        foreach (HeldExchange.Held held in _exchange.Asked.TakeLast(HedgedQuery.MaxConcurrent))
        {
            held.Answers(Found);
        }

        await Task.WhenAll(again).WaitAsync(Generous);
        await NoTimerRunsAsync();
    }

    [Fact]
    public async Task PlacesOfCompany_AreGivenBack()
    {
        for (int count = 0; count < HedgedQuery.MaxConcurrent; count++)
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

        Task<ServerReply>[] all = [.. Enumerable.Range(0, HedgedQuery.MaxConcurrent + 1).Select(_ => Ask(Servers(2)))];
        _exchange.Open.Should().Be(HedgedQuery.MaxConcurrent);
        all.Should().OnlyContain(static one => !one.IsCompleted);
    }

    private static TimeSpan Generous => TimeSpan.FromSeconds(60);

    private static DnsSettings Servers(int count) => new(
        [.. Enumerable.Range(1, count).Select(static number => NameServer.Parse($"10.0.0.{number}"))], [], 1, TimeSpan.FromSeconds(2), 2, Rotate: false);

    private Task<ServerReply> Ask(DnsSettings settings, string host = "svc.test", CancellationToken cancellationToken = default) =>
        _race.AskAsync(new DnsQuery(host, DnsRecordType.A), settings, cancellationToken);

    private Task NoTimerRunsAsync() => Eventually.Holds(() => _clock.ActiveTimers == 0, "no timer runs");

    private Task AskedAsync(params string[] servers) => Eventually.Holds(() => _exchange.Servers.SequenceEqual(servers), $"asked are {string.Join(", ", servers)}");
}
