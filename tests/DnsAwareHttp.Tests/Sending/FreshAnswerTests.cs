using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Sending;

/// <summary>An answer that leads nowhere, or that is late, is asked for again before a request fails of it.</summary>
public sealed class FreshAnswerTests : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly ClusterBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DnsChangesAtTheInstantThatTheOnlyServerGoes_NoRequestIsLost(bool async)
    {
        OriginCluster cluster = await OpenAndSend("10.0.0.1");
        _bench.Says("10.0.0.1", null);
        _bench.Dns.Says("svc.test", 60, "10.0.0.2");

        (await Send(cluster, async)).Should().Be("10.0.0.2");
    }

    [Fact]
    public async Task DnsFollows700MsAfterTheServerWent_RequestsEach50Ms_TheOutageEndsWithinTheNextQuestion()
    {
        OriginCluster cluster = await OpenAndSend("10.0.0.1");
        _bench.Says("10.0.0.1", null);
        List<Task<string>> requests = [];
        for (TimeSpan at = TimeSpan.Zero; at < TimeSpan.FromSeconds(2); at += Step)
        {
            if (at == TimeSpan.FromMilliseconds(700))
            {
                _bench.Dns.Says("svc.test", 60, "10.0.0.2");
            }

            requests.Add(Send(cluster));
            await Eventually.Holds(() => _bench.Cache.IsQuiet || requests.TrueForAll(static request => request.IsCompleted) || HasPause, "all that can happen now has happened");
            _bench.Clock.Advance(Step);
        }

        await Eventually.Holds(
            () =>
            {
                _bench.Clock.Advance(Step);
                return requests.TrueForAll(static request => request.IsCompleted);
            },
            "all requests have ended");
        requests.Count(static request => request.IsFaulted).Should().BeLessThanOrEqualTo(14, "a bare handler fails the requests of 700 ms");
        (await requests[^1]).Should().Be("10.0.0.2");
    }

    [Fact]
    public async Task NothingNewInDns_TheRequestFailsWithItsFirstErrors()
    {
        OriginCluster cluster = await OpenAndSend("10.0.0.1", "10.0.0.2");
        _bench.Says("10.0.0.1", null);
        _bench.Says("10.0.0.2", null);
        int before = _bench.Dns.Questions("svc.test");

        (await FluentActions.Awaiting(() => Send(cluster)).Should().ThrowAsync<HttpRequestException>()).Which.Message
            .Should().Contain("10.0.0.1").And.Contain("10.0.0.2");

        _bench.Dns.Questions("svc.test").Should().Be(before + 1);
    }

    [Fact]
    public async Task TheLookupFails_TheRequestFailsWithItsFirstErrors()
    {
        OriginCluster cluster = await OpenAndSend("10.0.0.1");
        _bench.Says("10.0.0.1", null);
        _bench.Dns.Fails("svc.test");

        (await FluentActions.Awaiting(() => Send(cluster)).Should().ThrowAsync<HttpRequestException>()).Which.HttpRequestError
            .Should().Be(HttpRequestError.ConnectionError);
    }

    [Fact]
    public async Task NoAnswerComes_TheRequestFailsAfterTheTimeOfAQuestion()
    {
        OriginCluster cluster = await OpenAndSend("10.0.0.1");
        _bench.Says("10.0.0.1", null);
        _bench.Dns.Hold();
        Task<string> request = Send(cluster);
        await Eventually.Holds(() => _bench.Dns.Questions("svc.test") == 2, "the question is sent");
        request.IsCompleted.Should().BeFalse();

        await Eventually.Holds(
            () =>
            {
                _bench.Clock.Advance(TimeSpan.FromSeconds(1));
                return request.IsCompleted;
            },
            "the request ends");

        (await FluentActions.Awaiting(() => request).Should().ThrowAsync<HttpRequestException>()).Which.HttpRequestError
            .Should().Be(HttpRequestError.ConnectionError);
        _bench.Dns.Release();
    }

    [Fact]
    public async Task TheQuestionInFlightIsOlderThanTheRequest_ItsAnswerDoesNotCount()
    {
        OriginCluster cluster = await OpenAndSend("10.0.0.1");
        _bench.Says("10.0.0.1", null);
        _bench.Dns.Hold();
        _bench.Clock.Advance(TimeSpan.FromSeconds(30.2));
        await Eventually.Holds(() => _bench.Dns.Questions("svc.test") == 2, "the refresh is sent");
        _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        Task<string> request = Send(cluster);
        await Eventually.Holds(() => _bench.Clock.ActiveTimers > 0 && _bench.Dialled.Count(static address => address == "10.0.0.1") >= 2, "the request fails to connect");

        _bench.Dns.ReleaseThenSays("svc.test", 30, "10.0.0.2");

        (await request.WaitAsync(TimeSpan.FromSeconds(30))).Should().Be("10.0.0.2");
        _bench.Dns.Questions("svc.test").Should().Be(3);
    }

    [Fact]
    public async Task Service_TheTargetMoves_NoRequestIsLost()
    {
        _bench.Dns.SaysService("_http._tcp.svc.test", 60, ("one.test", 80, 0, 0));
        _bench.Dns.Says("one.test", 60, "10.0.0.1");
        OriginCluster cluster = _bench.OpenService();
        (await Send(cluster)).Should().Be("10.0.0.1");
        _bench.Says("10.0.0.1", null);
        _bench.EndConnections("10.0.0.1");
        _bench.Dns.Says("one.test", 60, "10.0.0.2");

        (await Send(cluster)).Should().Be("10.0.0.2");
    }

    [Fact]
    public async Task Service_AnotherTargetTakesItsPlace_NoRequestIsLost()
    {
        _bench.Dns.SaysService("_http._tcp.svc.test", 60, ("one.test", 80, 0, 0));
        _bench.Dns.Says("one.test", 60, "10.0.0.1");
        _bench.Dns.Says("two.test", 60, "10.0.0.2");
        OriginCluster cluster = _bench.OpenService();
        (await Send(cluster)).Should().Be("10.0.0.1");
        _bench.Says("10.0.0.1", null);
        _bench.EndConnections("10.0.0.1");
        _bench.Dns.SaysService("_http._tcp.svc.test", 60, ("two.test", 80, 0, 0));

        (await Send(cluster)).Should().Be("10.0.0.2");
    }

    [Theory]
    [InlineData("the process stands still", true)]
    [InlineData("the process stands still", false)]
    [InlineData("the machine is suspended", true)]
    public async Task NameMovesInAPause_TheFirstRequestAfterwardsWaitsForTheNewAnswer(string pause, bool async)
    {
        OriginCluster cluster = await OpenAndSend("10.0.0.1");
        _bench.Dns.Says("svc.test", 30, "10.0.0.2");
        Pause(pause);

        (await Send(cluster, async)).Should().Be("10.0.0.2");
        _bench.Dns.Questions("svc.test").Should().Be(2);
    }

    [Fact]
    public async Task NameMovesInAPause_TheTimerWasQuickerThanTheRequest_TheRequestWaitsAllTheSame()
    {
        OriginCluster cluster = await OpenAndSend("10.0.0.1");
        _bench.Dns.Says("svc.test", 30, "10.0.0.2");
        _bench.Dns.Hold();
        Pause("the process stands still");
        _bench.Clock.Advance(TimeSpan.Zero);
        await Eventually.Holds(() => _bench.Dns.Questions("svc.test") == 2, "the timer fired");

        Task<string> request = Send(cluster);
        request.IsCompleted.Should().BeFalse();
        _bench.Dns.Release();

        (await request).Should().Be("10.0.0.2");
    }

    [Fact]
    public async Task AfterAPause_NoAnswerComes_RequestsWaitStaleAnswerTimeoutOnceAndUseTheOldAddresses()
    {
        OriginCluster cluster = await OpenAndSend("10.0.0.1");
        _bench.Dns.Hold();
        Pause("the process stands still");
        Task<string> first = Send(cluster);
        await Eventually.Holds(() => _bench.Dns.Questions("svc.test") == 2, "the question is sent");
        _bench.Clock.Advance(new DnsCacheOptions().StaleAnswerTimeout - TimeSpan.FromMilliseconds(1));
        first.IsCompleted.Should().BeFalse();

        _bench.Clock.Advance(TimeSpan.FromMilliseconds(1));

        (await first).Should().Be("10.0.0.1");
        (await Send(cluster).WaitAsync(TimeSpan.FromSeconds(30))).Should().Be("10.0.0.1");
        _bench.Dns.Release();
    }

    [Fact]
    public async Task RefreshInTime_NoAnswerComes_NoRequestWaits()
    {
        OriginCluster cluster = await OpenAndSend("10.0.0.1");
        _bench.Dns.Hold();
        _bench.Clock.Advance(TimeSpan.FromSeconds(30.2));
        await Eventually.Holds(() => _bench.Dns.Questions("svc.test") == 2, "the refresh is sent");
        for (int second = 0; second < 4; second++)
        {
            (await Send(cluster).WaitAsync(TimeSpan.FromSeconds(30))).Should().Be("10.0.0.1");
            _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        _bench.Dns.Release();
    }

    private bool HasPause => _bench.Clock.ActiveTimers > 1;

    private static Task<string> Send(OriginCluster cluster, bool async = true) => Task.Run(async () =>
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "http://svc.test/");
        using HttpResponseMessage response = await cluster.SendAsync(request, null, async, CancellationToken.None);
        return await response.Content.ReadAsStringAsync();
    });

    private async Task<OriginCluster> OpenAndSend(params string[] addresses)
    {
        OriginCluster cluster = _bench.Open(addresses);
        (await Send(cluster)).Should().Be(addresses[0]);
        foreach (string address in _bench.Dialers.Keys)
        {
            _bench.EndConnections(address);
        }

        return cluster;
    }

    private void Pause(string pause)
    {
        if (pause == "the machine is suspended")
        {
            _bench.Clock.Suspend(TimeSpan.FromSeconds(60));
        }
        else
        {
            _bench.Clock.StandStill(TimeSpan.FromSeconds(60));
        }
    }
}
