using System.Net;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Sending;

public sealed class RequestSenderTests : IDisposable, IRequestRoutes
{
    private static readonly Origin Origin = new(false, "svc.test", 80, null, false);

    private readonly EndpointBench _bench = new();
    private readonly FakeOriginEndpoints _endpoints = new();
    private readonly List<Origin> _reopened = [];
    private OriginCluster? _next;

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Connected_ThePickedEndpointHasTheRequestAndIsLeftAfterwards()
    {
        EndpointPool pool = _bench.Connected("10.0.0.1");
        _endpoints.Set = FakeOriginEndpoints.Offer(pool);

        using HttpResponseMessage response = await Send();

        response.StatusCode.Should().Be(HttpStatusCode.OK);
        pool.TotalRequests.Should().Be(1);
        pool.ActiveRequests.Should().Be(0);
    }

    [Fact]
    public async Task ThePoolBeginsToDrainBetweenPickAndEntry_TheNextSetIsAsked()
    {
        EndpointPool drains = _bench.Connected("10.0.0.1");
        EndpointPool stays = _bench.Connected("10.0.0.2");
        drains.BeginDrain("left DNS");
        Queue<EndpointSet> sets = new([FakeOriginEndpoints.Offer(drains), FakeOriginEndpoints.Offer(stays)]);
        _endpoints.NextSet = () => sets.Count > 1 ? sets.Dequeue() : sets.Peek();

        using HttpResponseMessage response = await Send();

        drains.TotalRequests.Should().Be(0);
        stays.TotalRequests.Should().Be(1);
    }

    [Fact]
    public async Task TheOnlyConnectionHasARequestThatIsNotSentYet_TheNextOneWaitsForAConnectionToAnotherEndpoint()
    {
        using EndpointBench bench = new(limits: new PoolLimits { MaxConnections = 1 });
        EndpointPool first = bench.Connected("10.0.0.1");
        EndpointPool second = bench.Pool("10.0.0.2");
        TaskCompletionSource<HttpResponseMessage> answer = new();
        bench.Answer = (_, _) => answer.Task;
        _endpoints.Set = FakeOriginEndpoints.Offer(first, second);

        Task<HttpResponseMessage>[] requests = [Send(), Send()];

        first.TotalRequests.Should().Be(1);
        await bench.HasDialled("10.0.0.2");
        bench.Opens("10.0.0.2");
        await Eventually.Holds(() => second.TotalRequests == 1, "it is sent there");
        answer.SetResult(new HttpResponseMessage());
        await Task.WhenAll(requests);
    }

    [Fact]
    public async Task NotConnected_TheEndpointIsHintedAndAnotherHasTheRequest()
    {
        EndpointPool first = _bench.Connected("10.0.0.1");
        EndpointPool second = _bench.Connected("10.0.0.2");
        _endpoints.Set = FakeOriginEndpoints.Offer(first, second);
        _bench.Answer = (_, _) => first.TotalRequests == 1 && second.TotalRequests == 0
            ? throw new HttpRequestException(HttpRequestError.ConnectionError, "refused")
            : Task.FromResult(new HttpResponseMessage());

        using HttpResponseMessage response = await Send();

        second.TotalRequests.Should().Be(1);
        _endpoints.Hints.Should().Equal(first);
        first.ActiveRequests.Should().Be(0);
    }

    [Fact]
    public async Task AllWereTried_TheErrorNamesThem()
    {
        _endpoints.Set = FakeOriginEndpoints.Offer(_bench.Connected("10.0.0.1"), _bench.Connected("10.0.0.2"));
        _bench.Answer = static (_, _) => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused");

        (await FluentActions.Awaiting(() => Send()).Should().ThrowAsync<HttpRequestException>()).Which.Message
            .Should().Contain("10.0.0.1").And.Contain("10.0.0.2");

        _endpoints.Hints.Should().HaveCount(2);
    }

    [Fact]
    public async Task VersionRefused_GoesElsewhereWithoutAHint()
    {
        EndpointPool first = _bench.Connected("10.0.0.1");
        EndpointPool second = _bench.Connected("10.0.0.2");
        _endpoints.Set = FakeOriginEndpoints.Offer(first, second);
        _bench.Answer = (_, _) => second.TotalRequests == 0
            ? throw new HttpRequestException(HttpRequestError.VersionNegotiationError, "no HTTP/2")
            : Task.FromResult(new HttpResponseMessage());

        using HttpResponseMessage response = await Send();

        second.TotalRequests.Should().Be(1);
        _endpoints.Hints.Should().BeEmpty();
    }

    [Fact]
    public async Task FailedAfterItWasSent_IsNotSentAgain()
    {
        EndpointPool second = _bench.Connected("10.0.0.2");
        _endpoints.Set = FakeOriginEndpoints.Offer(_bench.Connected("10.0.0.1"), second);
        _bench.Answer = static (_, _) => throw new HttpRequestException(HttpRequestError.ResponseEnded, "ended");

        await FluentActions.Awaiting(() => Send()).Should().ThrowAsync<HttpRequestException>().WithMessage("ended");

        second.TotalRequests.Should().Be(0);
    }

    [Fact]
    public async Task Misdirected_TheOtherEndpointHasTheRequestAndTheFirstAnswerIsDisposed()
    {
        EndpointPool second = _bench.Connected("10.0.0.2");
        _endpoints.Set = FakeOriginEndpoints.Offer(_bench.Connected("10.0.0.1"), second);
        HttpResponseMessage misdirected = new(HttpStatusCode.MisdirectedRequest) { Content = new StringContent("421") };
        _bench.Answer = (_, _) => Task.FromResult(second.TotalRequests == 0 ? misdirected : new HttpResponseMessage());

        using HttpResponseMessage response = await Send();

        response.StatusCode.Should().Be(HttpStatusCode.OK);
        await misdirected.Content.Invoking(content => content.ReadAsStringAsync()).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Theory]
    [InlineData("proxy", false)]
    [InlineData("option", false)]
    [InlineData("stream", false)]
    [InlineData("bytes", true)]
    public async Task Misdirected_IsSentElsewhereOnlyWhereThatIsSafe(string situation, bool goesElsewhere)
    {
        EndpointPool second = _bench.Connected("10.0.0.2");
        _endpoints.Set = FakeOriginEndpoints.Offer(_bench.Connected("10.0.0.1"), second);
        _bench.Answer = (_, _) => Task.FromResult(
            new HttpResponseMessage(second.TotalRequests == 0 ? HttpStatusCode.MisdirectedRequest : HttpStatusCode.OK));
        Origin origin = situation == "proxy" ? Origin with { Proxy = new Uri("http://svc.test:80") } : Origin;
        HttpContent content = situation == "stream" ? new StreamContent(new MemoryStream([1])) : new ByteArrayContent([1]);

        using HttpResponseMessage response = await Send(
            Sender(origin, new DnsAwareOptions { RetryMisdirectedRequests = situation != "option" }), content);

        response.StatusCode.Should().Be(goesElsewhere ? HttpStatusCode.OK : HttpStatusCode.MisdirectedRequest);
    }

    [Fact]
    public async Task Misdirected_ByAll_TheSecondAnswerIsReturned()
    {
        _endpoints.Set = FakeOriginEndpoints.Offer(_bench.Connected("10.0.0.1"), _bench.Connected("10.0.0.2"), _bench.Connected("10.0.0.3"));
        int answers = 0;
        _bench.Answer = (_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.MisdirectedRequest) { ReasonPhrase = $"{++answers}" });

        using HttpResponseMessage response = await Send();

        response.ReasonPhrase.Should().Be("2");
    }

    [Fact]
    public async Task Closed_TheClusterThatReplacedItServesTheRequest()
    {
        _endpoints.IsClosed = true;
        FakeOriginEndpoints others = new() { Set = FakeOriginEndpoints.Offer(_bench.Connected("10.0.0.1")) };
        _next = new OriginCluster(Origin, _bench.Scope, others, Sender(Origin, null, others), new OriginUsage(DateTimeOffset.UnixEpoch));

        using HttpResponseMessage response = await Send();

        response.StatusCode.Should().Be(HttpStatusCode.OK);
        _reopened.Should().Equal(Origin);
    }

    [Fact]
    public async Task Cancelled_IsNoFailureOfTheEndpoint()
    {
        EndpointPool pool = _bench.Connected("10.0.0.1");
        _endpoints.Set = FakeOriginEndpoints.Offer(pool);
        _bench.Answer = static (_, _) => Task.FromCanceled<HttpResponseMessage>(new CancellationToken(canceled: true));

        await FluentActions.Awaiting(() => Send()).Should().ThrowAsync<OperationCanceledException>();

        pool.Health.Should().BeEquivalentTo(new { State = EndpointState.Ready, Breaks = 0 });
        pool.ActiveRequests.Should().Be(0);
    }

    Task<HttpResponseMessage> IRequestRoutes.SendHopAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    OriginCluster IRequestRoutes.Reopen(Origin origin)
    {
        _reopened.Add(origin);
        return _next!;
    }

    private RequestSender Sender(Origin origin, DnsAwareOptions? options = null, FakeOriginEndpoints? endpoints = null)
    {
        endpoints ??= _endpoints;
        ConnectionRace race = new(TimeSpan.FromHours(1), _bench.Clock);
        EndpointWait wait = new(
            origin, endpoints, new OriginUsage(DateTimeOffset.UnixEpoch), race, Timeout.InfiniteTimeSpan, _bench.Clock, failures: null);
        return new RequestSender(origin, _bench.Scope with { Options = options ?? _bench.Scope.Options }, endpoints, wait, this);
    }

    private async Task<HttpResponseMessage> Send(RequestSender? sender = null, HttpContent? content = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "http://svc.test/") { Content = content };
        return await (sender ?? Sender(Origin)).SendAsync(request, null, async: true, CancellationToken.None);
    }
}
