using System.Net.Sockets;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Sending;

public sealed class EndpointWaitTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly Origin Origin = new(false, "svc.test", 80, null, false);

    private readonly EndpointBench _bench = new();
    private readonly FakeOriginEndpoints _endpoints = new();
    private readonly HttpRequestMessage _request = new(HttpMethod.Get, "http://svc.test/");
    private readonly OriginUsage _usage = new(DateTimeOffset.UnixEpoch);
    private readonly EndpointWait _wait;

    public EndpointWaitTests()
    {
        ConnectionRace race = new(TimeSpan.FromHours(1), _bench.Clock);
        _wait = new EndpointWait(Origin, _endpoints, _usage, race, Limit, _bench.Clock, failures: null);
    }

    public void Dispose()
    {
        _request.Dispose();
        _bench.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AwaitEndpoints_TheyBecomeKnown_Ends(bool async)
    {
        Task waiting = Task.Run(() => _wait.AwaitEndpointsAsync(_request, async, CancellationToken.None).AsTask());
        await Eventually.Holds(() => _usage.HasWaiting, "the request waits");

        _endpoints.KnownSource.SetResult();

        await waiting;
        _usage.HasWaiting.Should().BeFalse();
    }

    [Fact]
    public async Task AwaitEndpoints_TheAnswerHasNoAddress_TellsWhy()
    {
        _endpoints.Question.SetResult(Answered(new Answer.Empty(EmptyReason.NxDomain, Limit)));

        (await Awaiting().Should().ThrowAsync<HttpRequestException>()).Which.Message.Should().Contain("NXDOMAIN");
        _usage.HasWaiting.Should().BeFalse();
    }

    [Fact]
    public async Task AwaitEndpoints_ClosedMeanwhile_EndsWithoutAnError()
    {
        _endpoints.IsClosed = true;
        _endpoints.Question.SetResult(Answered(new Answer.Failed("SERVFAIL")));

        await Awaiting().Should().NotThrowAsync();
    }

    [Fact]
    public async Task AwaitEndpoints_TheAnswerHasEndpoints_Ends()
    {
        _endpoints.Set = FakeOriginEndpoints.Offer(_bench.Pool("10.0.0.1"));
        _endpoints.Question.SetResult(Answered(new Answer.Failed("SERVFAIL")));

        await Awaiting().Should().NotThrowAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AwaitEndpoints_LongerThanTheLimit_IsTheConnectTimeoutOfTheRuntime(bool async)
    {
        Task waiting = Task.Run(() => _wait.AwaitEndpointsAsync(_request, async, CancellationToken.None).AsTask());
        await Eventually.Holds(() => _bench.Clock.ActiveTimers == 1, "the limit is set");

        _bench.Clock.Advance(Limit);

        (await waiting.Invoking(task => task).Should().ThrowAsync<TaskCanceledException>())
            .WithInnerException<TimeoutException>().WithMessage("*ConnectTimeout*");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AwaitEndpoints_Cancelled_IsACancellationOfTheRequestsToken(bool async)
    {
        using CancellationTokenSource cancellation = new();
        Task waiting = Task.Run(() => _wait.AwaitEndpointsAsync(_request, async, cancellation.Token).AsTask());
        await Eventually.Holds(() => _bench.Clock.ActiveTimers == 1, "the request waits");

        await cancellation.CancelAsync();

        (await waiting.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(cancellation.Token);
        _usage.HasWaiting.Should().BeFalse();
    }

    [Fact]
    public async Task Connect_ItsDialIsLateAlready_TheNextOneIsDialledAtOnce()
    {
        EndpointPool late = _bench.Pool("10.0.0.1");
        EndpointPool other = _bench.Pool("10.0.0.2");
        _bench.Opens("10.0.0.2");
        RequestAttempts attempts = new(Origin);
        attempts.AddLate(late, _request);

        // The clock stands still: the delay of the race never ends.
        RaceOutcome outcome = await _wait.ConnectAsync(
            _request, FakeOriginEndpoints.Offer(late, other), late, attempts, async: true, CancellationToken.None);

        outcome.Winner.Should().BeSameAs(other);
        await _bench.HasDialled("10.0.0.1");
    }

    [Fact]
    public async Task Refuse_TellsHowManyWaitAndTheOption()
    {
        EndpointSet set = FakeOriginEndpoints.Offer(_bench.Pool("10.0.0.1"));
        await _wait.RefuseIfFullAsync(_request, set, EntryOutcome.ChooseAgain, async: true);

        HttpRequestException error = (await _wait.Awaiting(wait => wait.RefuseIfFullAsync(_request, set, EntryOutcome.Refused, async: true).AsTask())
            .Should().ThrowAsync<HttpRequestException>()).Which;

        error.Message.Should().Contain("1 addresses").And.Contain(nameof(DnsAwareOptions.MaxPendingRequestsPerEndpoint));
    }

    [Fact]
    public async Task Connect_AnotherFamilyWins_ItIsPreferredFromNowOn()
    {
        _bench.Refuses("fd00::1");
        _bench.Opens("10.0.0.1");
        EndpointPool picked = _bench.Pool("fd00::1");

        await Connect(picked, picked, _bench.Pool("10.0.0.1"));

        _endpoints.PreferredFamily.Should().Be(AddressFamily.InterNetwork);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connect_LongerThanTheLimit_IsTheConnectTimeoutOfTheRuntime(bool async)
    {
        EndpointPool picked = _bench.Pool("10.0.0.1");
        EndpointSet set = FakeOriginEndpoints.Offer(picked);
        using HttpResponseMessage misdirected = new() { Content = new StringContent("421") };
        RequestAttempts attempts = new(Origin);
        attempts.AddMisdirected(_bench.Pool("10.0.0.2"), misdirected);
        Task waiting = Task.Run(() => _wait.ConnectAsync(_request, set, picked, attempts, async, CancellationToken.None).AsTask());
        await _bench.HasDialled("10.0.0.1");

        _bench.Clock.Advance(Limit);

        (await waiting.Invoking(task => task).Should().ThrowAsync<TaskCanceledException>()).WithInnerException<TimeoutException>();
        await misdirected.Content.Invoking(content => content.ReadAsStringAsync()).Should().ThrowAsync<ObjectDisposedException>("no caller gets it");
        _usage.HasWaiting.Should().BeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connect_Cancelled_IsACancellationOfTheRequestsToken(bool async)
    {
        EndpointPool picked = _bench.Pool("10.0.0.1");
        EndpointSet set = FakeOriginEndpoints.Offer(picked);
        using CancellationTokenSource cancellation = new();
        Task waiting = Task.Run(() => _wait.ConnectAsync(_request, set, picked, null, async, cancellation.Token).AsTask());
        await _bench.HasDialled("10.0.0.1");

        await cancellation.CancelAsync();

        (await waiting.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(cancellation.Token);
    }

    [Fact]
    public async Task Connect_OnlyAnotherPriorityIsLeft_ItsNewEndpointIsDialled()
    {
        EndpointPool tried = _bench.Connected("10.0.0.1");
        EndpointPool next = _bench.Pool("10.0.0.2");
        _bench.Opens("10.0.0.2");
        EndpointSet set = EndpointSet.Of(
            [new EndpointPlacement(tried), new EndpointPlacement(next) { Priority = 1 }], LoadBalancingPolicy.PickFirst, new Random(1), null)!;
        RequestAttempts attempts = new(Origin);
        attempts.Add(tried, new HttpRequestException(HttpRequestError.VersionNegotiationError, "no HTTP/2"));
        EndpointPool picked = attempts.PickNext(set, new Random(1))!;

        RaceOutcome outcome = await _wait.ConnectAsync(_request, set, picked, attempts, async: true, CancellationToken.None);

        outcome.Winner.Should().BeSameAs(next);
    }

    private Func<Task> Awaiting() => () => _wait.AwaitEndpointsAsync(_request, async: true, CancellationToken.None).AsTask();

    private Task<RaceOutcome> Connect(EndpointPool picked, params EndpointPool[] all) =>
        _wait.ConnectAsync(_request, FakeOriginEndpoints.Offer(all), picked, null, async: true, CancellationToken.None).AsTask();

    private static NameAnswer Answered(Answer answer) => new("svc.test", false, new CachedAnswer(1, answer, null, null, default, default, 0));
}
