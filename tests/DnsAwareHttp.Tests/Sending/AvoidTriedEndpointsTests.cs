using System.Net;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Sending;

/// <summary>A retry, or a hedge, goes to an address that its request has not tried.</summary>
public sealed class AvoidTriedEndpointsTests : IDisposable, IRequestRoutes
{
    private static readonly Origin Origin = new(false, "svc.test", 80, null, false);

    private readonly EndpointBench _bench = new();
    private readonly FakeOriginEndpoints _endpoints = new();
    private readonly EndpointPool[] _pools;
    private readonly List<string> _asked = [];
    private readonly HashSet<string> _sick = [];
    private HttpStatusCode _sickness = HttpStatusCode.ServiceUnavailable;

    public AvoidTriedEndpointsTests()
    {
        _pools = [.. Enumerable.Range(1, 3).Select(i => _bench.Connected($"10.0.0.{i}"))];
        Offer(LoadBalancingPolicy.PickFirst);
        _bench.AnswerOf = (address, _) =>
        {
            _asked.Add(address);
            return _sickness == 0 && _sick.Contains(address)
                ? Task.FromException<HttpResponseMessage>(new HttpRequestException(HttpRequestError.ResponseEnded))
                : Task.FromResult(new HttpResponseMessage(_sick.Contains(address) ? _sickness : HttpStatusCode.OK));
        };
    }

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.BadGateway)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.RequestTimeout)]
    [InlineData((HttpStatusCode)0)]
    public async Task TwoOfThreeFail_TheThirdAttemptIsAnswered(HttpStatusCode sickness)
    {
        _sickness = sickness;
        _sick.UnionWith(["10.0.0.1", "10.0.0.2"]);
        using HttpRequestMessage request = Request();

        await RetryAsync(request, attempts: 3);

        _asked.Should().OnlyHaveUniqueItems();
        _asked[0].Should().Be("10.0.0.1", "the first attempt goes where the picker says");
        _asked.Should().HaveCountLessThanOrEqualTo(3).And.EndWith("10.0.0.3");
    }

    [Theory]
    [InlineData(HttpStatusCode.OK)]
    [InlineData(HttpStatusCode.NotFound)]
    public async Task AnswersThatNobodyRetries_LeaveTheRequestAsItIs(HttpStatusCode answer)
    {
        (_sickness, _) = (answer, _sick.Add("10.0.0.1"));
        using HttpRequestMessage request = Request();
        (await SendAsync(request)).Dispose();

        request.Options.Should().BeEmpty();
    }

    [Fact]
    public async Task Off_TheRetryGoesWhereThePickerSays()
    {
        _sick.Add("10.0.0.1");
        using HttpRequestMessage request = Request();

        await RetryAsync(request, attempts: 3, new DnsAwareOptions { AvoidTriedEndpoints = false });

        _asked.Should().Equal("10.0.0.1", "10.0.0.1", "10.0.0.1");
        request.Options.Should().BeEmpty();
    }

    [Fact]
    public async Task AllWereTried_NoneIsAskedTwiceInARow()
    {
        _sick.UnionWith(["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
        using HttpRequestMessage request = Request();

        await RetryAsync(request, attempts: 30);

        _asked.Should().HaveCount(30);
        _asked.Zip(_asked.Skip(1)).Should().OnlyContain(pair => pair.First != pair.Second);
        _asked.Distinct().Should().HaveCount(3);
    }

    [Fact]
    public async Task CopyThatKeepsTheOptions_GoesElsewhere()
    {
        _sick.Add("10.0.0.1");
        using HttpRequestMessage request = Request();
        (await SendAsync(request)).Dispose();
        using HttpRequestMessage copy = Request();
        foreach (KeyValuePair<string, object?> option in request.Options)
        {
            ((IDictionary<string, object?>)copy.Options).Add(option);
        }

        (await SendAsync(copy)).StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Hedges_UnderWayAtATime_AreOnDifferentEndpoints()
    {
        TaskCompletionSource<HttpResponseMessage> answer = new();
        _bench.AnswerOf = (address, _) =>
        {
            _asked.Add(address);
            return answer.Task;
        };
        using HttpRequestMessage request = Request();
        TriedEndpoints.GiveTo(request);

        Task<HttpResponseMessage>[] hedges = [SendAsync(request), SendAsync(request), SendAsync(request)];

        _asked.Should().BeEquivalentTo("10.0.0.1", "10.0.0.2", "10.0.0.3");
        answer.SetResult(new HttpResponseMessage());
        await Task.WhenAll(hedges);
    }

    [Fact]
    public async Task OthersHaveNoPlace_TheTriedOneHasTheRetry()
    {
        using EndpointBench bench = new(limits: new PoolLimits { MaxConnections = 1 });
        EndpointPool tried = bench.Connected("10.0.0.1");
        EndpointPool full = bench.Connected("10.0.0.2");
        _endpoints.Set = FakeOriginEndpoints.Offer(tried, full);
        full.TryEnter(out GateLease lease);
        using HttpRequestMessage request = Request();
        TriedEndpoints.GiveTo(request).Add(tried.Address);

        (await SendAsync(request)).Dispose();

        (tried.TotalRequests, full.TotalRequests).Should().Be((1, 0));
        lease.Dispose();
    }

    [Fact]
    public async Task UntriedOneIsNotConnected_ItIsDialled()
    {
        EndpointPool cold = _bench.Pool("10.0.0.4");
        _bench.Opens("10.0.0.4");
        _endpoints.Set = FakeOriginEndpoints.Offer(_pools[0], cold);
        _sick.Add("10.0.0.1");
        using HttpRequestMessage request = Request();

        await RetryAsync(request, attempts: 2);

        _asked.Should().Equal("10.0.0.1", "10.0.0.4");
    }

    [Fact]
    public async Task UntriedOneRefuses_TheTriedOneHasTheRetry()
    {
        EndpointPool dead = _bench.Pool("10.0.0.4");
        _bench.Refuses("10.0.0.4");
        _endpoints.Set = FakeOriginEndpoints.Offer(_pools[0], dead);
        _sick.Add("10.0.0.1");
        using HttpRequestMessage request = Request();

        await RetryAsync(request, attempts: 2);

        _asked.Should().Equal("10.0.0.1", "10.0.0.1");
    }

    [Theory]
    [InlineData(LoadBalancingPolicy.LeastRequests)]
    [InlineData(LoadBalancingPolicy.RoundRobin)]
    [InlineData(LoadBalancingPolicy.PickFirst)]
    public async Task AMillionAttempts_NoneRepeatsATriedAddress(LoadBalancingPolicy policy)
    {
        const int Attempts = 1_000_000 / 3; // Of each policy.
        Offer(policy);
        _bench.AnswerOf = static (address, request) =>
        {
            ((RequestThatRemembers)request).Asked.Add(address);
            return Task.FromResult(new HttpResponseMessage(address == "10.0.0.1" ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable));
        };
        RequestSender sender = Sender();
        long attempts = 0;
        long repeats = 0;
        long failures = 0;

        await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Read(ref attempts) < Attempts)
            {
                using RequestThatRemembers request = new();
                HttpStatusCode last = HttpStatusCode.ServiceUnavailable;
                for (int i = 0; i < 3 && last is not HttpStatusCode.OK; i++)
                {
                    using HttpResponseMessage response = await sender.SendAsync(request, null, async: true, CancellationToken.None);
                    last = response.StatusCode;
                }

                Interlocked.Add(ref attempts, request.Asked.Count);
                Interlocked.Add(ref repeats, request.Asked.Count - request.Asked.Distinct().Count());
                Interlocked.Add(ref failures, last is HttpStatusCode.OK ? 0 : 1);
            }
        })));

        attempts.Should().BeGreaterThanOrEqualTo(Attempts);
        (repeats, failures).Should().Be((0, 0), "three attempts reach the one that is well");
    }

    Task<HttpResponseMessage> IRequestRoutes.SendHopAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("There is no redirect.");

    OriginCluster IRequestRoutes.Reopen(Origin origin) => throw new InvalidOperationException("The origin stays open.");

    private static HttpRequestMessage Request() => new(HttpMethod.Get, "http://svc.test/");

    private void Offer(LoadBalancingPolicy policy) => _endpoints.Set =
        EndpointSet.Of([.. _pools.Select(pool => new EndpointPlacement(pool))], policy, new Random(1), null);

    // As resilience libraries do it: the same message, until an answer is good.
    private async Task RetryAsync(HttpRequestMessage request, int attempts, DnsAwareOptions? options = null)
    {
        for (int i = 0; i < attempts; i++)
        {
            try
            {
                using HttpResponseMessage response = await SendAsync(request, options);
                if (response.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // The next attempt.
            }
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, DnsAwareOptions? options = null)
    {
        return await Sender(options).SendAsync(request, null, async: true, CancellationToken.None);
    }

    private RequestSender Sender(DnsAwareOptions? options = null)
    {
        EndpointWait wait = new(
            Origin, _endpoints, new OriginUsage(DateTimeOffset.UnixEpoch), new ConnectionRace(TimeSpan.FromSeconds(1), _bench.Clock),
            Timeout.InfiniteTimeSpan, _bench.Clock, failures: null);
        OriginScope scope = _bench.Scope with { Options = options ?? _bench.Scope.Options };
        return new RequestSender(Origin, scope, _endpoints, wait, this);
    }

    private sealed class RequestThatRemembers() : HttpRequestMessage(HttpMethod.Get, "http://svc.test/")
    {
        public List<string> Asked { get; } = [];
    }
}
