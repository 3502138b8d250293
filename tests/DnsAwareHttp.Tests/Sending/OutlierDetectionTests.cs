using System.Net;
using System.Net.Http.Headers;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Sending;

/// <summary>What the outcomes of requests make of the endpoints of an origin, as its requests see it.</summary>
public sealed class OutlierDetectionTests
{
    private const string Bad = "10.0.0.1";
    private static readonly string[] Three = [Bad, "10.0.0.2", "10.0.0.3"];

    [Theory]
    [InlineData(HttpStatusCode.BadGateway)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.GatewayTimeout)]
    public async Task OneAnswersFailures_ItIsEjectedAndHasNoNewRequest(HttpStatusCode status)
    {
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await OpenAsync(bench, Three);
        bench.Says(Bad, status);

        await SendAsync(cluster, 60);

        EndpointSnapshot ejected = Of(cluster, Bad);
        ejected.State.Should().Be(EndpointState.Ejected);
        ejected.Reason.Should().Contain("in a row failed").And.Contain(((int)status).ToString());
        ejected.EjectionsInARow.Should().Be(1);
        (ejected.EjectedUntil - bench.Clock.GetUtcNow()).Should().BeGreaterThan(TimeSpan.FromSeconds(9)).And.BeLessThan(TimeSpan.FromSeconds(12.1));
        ejected.IsPreferred.Should().BeFalse();
        bench.Log.TextsOf("EndpointEjected").Should().ContainSingle().Which.Should().Contain($"{Bad} is ejected for 1");
        long before = ejected.TotalRequests;
        await SendAsync(cluster, 100);
        Of(cluster, Bad).TotalRequests.Should().Be(before);
    }

    [Fact]
    public async Task OtherStatuses_EjectNobody()
    {
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await OpenAsync(bench, Three);
        foreach (HttpStatusCode status in new[] { HttpStatusCode.InternalServerError, HttpStatusCode.NotFound, HttpStatusCode.NotImplemented })
        {
            bench.Says(Bad, status);
            await SendAsync(cluster, 100);
        }

        States(cluster).Should().AllBeEquivalentTo(EndpointState.Ready);
    }

    [Fact]
    public async Task AllAnswerFailures_NobodyIsEjected()
    {
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await OpenAsync(bench, Three);
        await SendAsync(cluster, 300);
        foreach (string address in Three)
        {
            bench.Says(address, HttpStatusCode.ServiceUnavailable);
        }

        for (int second = 0; second < 60; second++)
        {
            await SendAsync(cluster, 20);
            bench.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        States(cluster).Should().AllBeEquivalentTo(EndpointState.Ready);
    }

    [Fact]
    public async Task ItsTimeIsOver_OneRequestTriesItAndItsAnswerReturnsIt()
    {
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await EjectedAsync(bench);
        bench.Says(Bad, HttpStatusCode.OK);
        long before = Of(cluster, Bad).TotalRequests;

        await PassAsync(bench, cluster, TimeSpan.FromSeconds(9.5));
        Of(cluster, Bad).TotalRequests.Should().Be(before, "the ejection takes 10 s at least");
        await PassAsync(bench, cluster, TimeSpan.FromSeconds(3.5));

        Of(cluster, Bad).State.Should().Be(EndpointState.Ready);
        bench.Log.TextsOf("EndpointReturned").Should().ContainSingle().Which.Should().Contain($"{Bad} answers well again. It was ejected for 1");
        Of(cluster, Bad).EjectedUntil.Should().BeNull();
        await SendAsync(cluster, 30);
        Of(cluster, Bad).TotalRequests.Should().BeGreaterThan(before + 1);
    }

    [Fact]
    public async Task TheTrialFails_ItIsEjectedForTwiceAsLong()
    {
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await EjectedAsync(bench);
        long before = Of(cluster, Bad).TotalRequests;

        await PassAsync(bench, cluster, TimeSpan.FromSeconds(13));

        EndpointSnapshot ejected = Of(cluster, Bad);
        ejected.State.Should().Be(EndpointState.Ejected);
        ejected.EjectionsInARow.Should().Be(2);
        ejected.Reason.Should().StartWith("the request that tried it failed: 503");
        ejected.TotalRequests.Should().Be(before + 1);
        await PassAsync(bench, cluster, TimeSpan.FromSeconds(17));
        Of(cluster, Bad).TotalRequests.Should().Be(before + 1);
        await PassAsync(bench, cluster, TimeSpan.FromSeconds(8));
        Of(cluster, Bad).TotalRequests.Should().Be(before + 2);
        Of(cluster, Bad).EjectionsInARow.Should().Be(3);
    }

    [Fact]
    public async Task TheTrialIsUnderWay_NoSecondRequestTriesIt()
    {
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await EjectedAsync(bench);
        TaskCompletionSource<HttpResponseMessage> answer = new();
        bench.Says(Bad, _ => answer.Task);
        long before = Of(cluster, Bad).TotalRequests;
        bench.Clock.Advance(TimeSpan.FromSeconds(13));
        await SendAsync(cluster, 3);
        bench.Clock.Advance(TimeSpan.FromMilliseconds(250));

        Task<HttpStatusCode>[] requests = [.. Enumerable.Range(0, 50).Select(_ => ClusterBench.Send(cluster))];

        requests.Count(request => !request.IsCompleted).Should().Be(1);
        Of(cluster, Bad).TotalRequests.Should().Be(before + 1);
        bench.Clock.Advance(TimeSpan.FromSeconds(1));
        await SendAsync(cluster, 50);
        Of(cluster, Bad).TotalRequests.Should().Be(before + 1, "the first one is under way");
        answer.SetResult(new HttpResponseMessage());
        await Task.WhenAll(requests);
        Of(cluster, Bad).State.Should().Be(EndpointState.Ready);
    }

    [Theory]
    [InlineData(30, 29, 31)]
    [InlineData(1, 10, 12)]
    [InlineData(3600, 299, 301)]
    public async Task RetryAfter_IsTheLeastTimeOfTheEjection(int retryAfter, int min, int max)
    {
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await OpenAsync(bench, Three);
        bench.Says(Bad, _ =>
        {
            HttpResponseMessage response = new(HttpStatusCode.ServiceUnavailable);
            response.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(retryAfter));
            return Task.FromResult(response);
        });

        await SendAsync(cluster, 60);

        (Of(cluster, Bad).EjectedUntil - bench.Clock.GetUtcNow())!.Value.TotalSeconds.Should().BeInRange(min, max);
    }

    [Fact]
    public async Task TooManyRequests_ShiftsLoadAndEjectsNobody()
    {
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await OpenAsync(bench, Three);
        bench.Says(Bad, HttpStatusCode.TooManyRequests);
        long before = Of(cluster, Bad).TotalRequests;

        await SendAsync(cluster, 300);

        Of(cluster, Bad).State.Should().Be(EndpointState.Ready);
        (Of(cluster, Bad).TotalRequests - before).Should().BeLessThan(60, "a third would be 100");
        Of(cluster, Bad).RampUp.Should().BeLessThan(0.1);
    }

    [Fact]
    public async Task HalfIsOutAtMost()
    {
        string[] addresses = [.. Enumerable.Range(1, 8).Select(i => $"10.0.0.{i}")];
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await OpenAsync(bench, addresses);
        foreach (string address in addresses.Take(3))
        {
            bench.Says(address, HttpStatusCode.ServiceUnavailable);
        }

        await SendAsync(cluster, 400);
        States(cluster).Count(state => state is EndpointState.Ejected).Should().Be(3);
        foreach (string address in addresses.Skip(3).Take(3))
        {
            bench.Says(address, HttpStatusCode.ServiceUnavailable);
            await SendAsync(cluster, 400);
            bench.Clock.Advance(TimeSpan.FromMilliseconds(300));
        }

        States(cluster).Count(state => state is EndpointState.Ejected).Should().BeInRange(3, 4);
    }

    [Fact]
    public async Task OneAddress_IsNeverEjected()
    {
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await OpenAsync(bench, Bad);
        bench.Says(Bad, HttpStatusCode.ServiceUnavailable);

        await SendAsync(cluster, 200);

        Of(cluster, Bad).State.Should().Be(EndpointState.Ready);
    }

    [Fact]
    public async Task TheOtherOneRefusesConnects_TheEjectedOneIsUsed()
    {
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await OpenAsync(bench, Bad, "10.0.0.2");
        bench.Says(Bad, HttpStatusCode.ServiceUnavailable);
        await SendAsync(cluster, 60);
        Of(cluster, Bad).State.Should().Be(EndpointState.Ejected);
        bench.Says("10.0.0.2", answer: null);
        bench.EndConnections("10.0.0.2");

        (await ClusterBench.Send(cluster)).Should().Be(HttpStatusCode.ServiceUnavailable, "better a try than a refusal");
        await SendAsync(cluster, 5);

        Of(cluster, "10.0.0.2").State.Should().Be(EndpointState.Failing);
        Of(cluster, Bad).IsPreferred.Should().BeTrue("one of one cannot be out");
    }

    [Fact]
    public async Task Disabled_NothingIsCountedAndNobodyEjected()
    {
        DnsAwareOptions options = Options();
        options.OutlierDetection.Enabled = false;
        await using ClusterBench bench = new(options);
        OriginCluster cluster = await OpenAsync(bench, Three);
        bench.Says(Bad, HttpStatusCode.ServiceUnavailable);

        await SendAsync(cluster, 300);

        States(cluster).Should().AllBeEquivalentTo(EndpointState.Ready);
        Of(cluster, Bad).RampUp.Should().Be(1);
        Of(cluster, Bad).TotalRequests.Should().BeGreaterThan(90);
    }

    [Fact]
    public async Task IsFailure_DecidesWhichResponsesCount()
    {
        DnsAwareOptions options = Options();
        options.OutlierDetection.IsFailure = static response => response.StatusCode is HttpStatusCode.InternalServerError;
        await using ClusterBench bench = new(options);
        OriginCluster cluster = await OpenAsync(bench, Three);
        bench.Says(Bad, HttpStatusCode.ServiceUnavailable);
        await SendAsync(cluster, 60);
        States(cluster).Should().AllBeEquivalentTo(EndpointState.Ready);

        bench.Says(Bad, HttpStatusCode.InternalServerError);
        await SendAsync(cluster, 60);

        Of(cluster, Bad).State.Should().Be(EndpointState.Ejected);
    }

    [Fact]
    public async Task IsFailureThrows_ItIsLoggedAndTheDefaultDecides()
    {
        DnsAwareOptions options = Options();
        options.OutlierDetection.IsFailure = static _ => throw new InvalidOperationException("the rule fails");
        await using ClusterBench bench = new(options);
        OriginCluster cluster = await OpenAsync(bench, Three);
        bench.Says(Bad, HttpStatusCode.ServiceUnavailable);

        await SendAsync(cluster, 60);

        Of(cluster, Bad).State.Should().Be(EndpointState.Ejected);
        bench.Log.TextsOf("IsFailureThrew").Should().NotBeEmpty();
    }

    [Theory]
    [InlineData("connection ends")]
    [InlineData("stream reset")]
    [InlineData("caller gives up")]
    public async Task NoAnswer_CountsAsAFailure(string kind)
    {
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await OpenAsync(bench, Three);
        bench.Says(Bad, _ => throw kind switch
        {
            // The fourth break in a row would be a matter of the connection alone: the runtime reports another error here.
            "connection ends" => new HttpRequestException(HttpRequestError.InvalidResponse, "no answer"),
            "stream reset" => new HttpRequestException(HttpRequestError.HttpProtocolError, "reset", new HttpProtocolException(2, "reset", null)),
            _ => new OperationCanceledException(),
        });

        for (int i = 0; i < 60; i++)
        {
            await SendAnyAsync(cluster);
        }

        Of(cluster, Bad).State.Should().Be(EndpointState.Ejected);
    }

    [Fact]
    public async Task RefusedStream_CountsForTheEndpointAndTheRequestGoesElsewhere()
    {
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await OpenAsync(bench, Three);
        bench.Says(Bad, _ => throw new HttpRequestException(HttpRequestError.HttpProtocolError, "refused", new HttpProtocolException(7, "refused", null)));

        for (int i = 0; i < 60; i++)
        {
            (await ClusterBench.Send(cluster)).Should().Be(HttpStatusCode.OK);
        }

        Of(cluster, Bad).State.Should().Be(EndpointState.Ejected);
    }

    [Fact]
    public async Task RefusedStreamOfAContentThatCannotBeReadTwice_FailsTheRequest()
    {
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await OpenAsync(bench, Bad, "10.0.0.2");
        bench.Says(Bad, _ => throw new HttpRequestException(HttpRequestError.HttpProtocolError, "refused", new HttpProtocolException(7, "refused", null)));
        bench.Says("10.0.0.2", _ => throw new HttpRequestException(HttpRequestError.HttpProtocolError, "refused", new HttpProtocolException(7, "refused", null)));

        Func<Task> send = () => ClusterBench.Send(cluster, new StreamContent(new MemoryStream([1])));

        (await send.Should().ThrowAsync<HttpRequestException>()).WithInnerException<HttpProtocolException>();
        bench.Asked.Count(address => address == Bad || address == "10.0.0.2").Should().BeGreaterThan(0);
    }

    [Fact]
    public async Task BrownOut_HalfOfTheRequestsFail_ItIsEjectedWithTheNextSamples()
    {
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await OpenAsync(bench, Three);
        await SendAsync(cluster, 300);
        int asked = 0;
        bench.Says(Bad, _ => Task.FromResult(new HttpResponseMessage(asked++ % 3 == 0 ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable)));

        for (int sample = 0; sample < 12 && Of(cluster, Bad).State is not EndpointState.Ejected; sample++)
        {
            await SendAsync(cluster, 60);
            bench.Clock.Advance(TimeSpan.FromMilliseconds(250));
        }

        Of(cluster, Bad).State.Should().Be(EndpointState.Ejected);
        Of(cluster, Bad).Reason.Should().Contain("of its latest");
    }

    [Fact]
    public async Task PickFirst_TheOneInUseFails_AnotherHasTheRequests()
    {
        await using ClusterBench bench = new(new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.PickFirst });
        OriginCluster cluster = bench.Open(Three);
        await SendAsync(cluster, 5);
        string first = bench.Asked.Last();
        bench.Says(first, HttpStatusCode.ServiceUnavailable);

        await SendAsync(cluster, 12);

        Of(cluster, first).State.Should().Be(EndpointState.Ejected);
        (await ClusterBench.Send(cluster)).Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task TheEndpointLeavesWhileItIsEjected_AnOutcomeThatComesLateChangesNothing()
    {
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await EjectedAsync(bench);
        TaskCompletionSource<HttpResponseMessage> late = new();
        bench.Says(Bad, _ => late.Task);
        bench.Clock.Advance(TimeSpan.FromSeconds(13));
        await SendAsync(cluster, 3);
        bench.Clock.Advance(TimeSpan.FromMilliseconds(250));
        Task<HttpStatusCode>[] requests = [.. Enumerable.Range(0, 5).Select(_ => ClusterBench.Send(cluster))];
        bench.Dns.Says("svc.test", 30, "10.0.0.2", "10.0.0.3");
        await bench.Refresh(cluster);

        late.SetResult(new HttpResponseMessage(HttpStatusCode.ServiceUnavailable));
        await Task.WhenAll(requests);

        ClusterBench.Members(cluster).Should().NotContain(Bad);
        cluster.Snapshot().Endpoints.Should().NotContain(endpoint => endpoint.State == EndpointState.Ejected);
    }

    [Fact]
    public async Task ManyRequestsAtOnce_NeverMoreThanHalfIsOutAndNoRequestIsLost()
    {
        string[] addresses = [.. Enumerable.Range(1, 6).Select(i => $"10.0.0.{i}")];
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await OpenAsync(bench, addresses);
        int turn = 0;
        foreach ((int index, string address) in addresses.Index())
        {
            bench.Says(address, async _ =>
            {
                await Task.Yield();
                bool fails = (Interlocked.Increment(ref turn) / 500 % addresses.Length) == index || index < 2;
                return new HttpResponseMessage(fails ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK);
            });
        }

        int most = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            for (int i = 0; i < 500; i++)
            {
                _ = await ClusterBench.Send(cluster);
                if (caller == 0)
                {
                    bench.Clock.Advance(TimeSpan.FromMilliseconds(50));
                    most = Math.Max(most, States(cluster).Count(state => state is EndpointState.Ejected));
                }
            }
        })));

        most.Should().BeInRange(1, 3);
    }

    private static DnsAwareOptions Options() => new() { LoadBalancing = LoadBalancingPolicy.RoundRobin };

    /// <summary>A cluster whose endpoints are connected, and have room for many requests.</summary>
    private static async Task<OriginCluster> OpenAsync(ClusterBench bench, params string[] addresses)
    {
        OriginCluster cluster = bench.Open(addresses);
        await SendAsync(cluster, 1);
        foreach (string address in addresses)
        {
            for (int i = 0; i < 20; i++)
            {
                _ = await bench.Connect(address);
            }
        }

        return cluster;
    }

    private static async Task<OriginCluster> EjectedAsync(ClusterBench bench)
    {
        OriginCluster cluster = await OpenAsync(bench, Three);
        bench.Says(Bad, HttpStatusCode.ServiceUnavailable);
        await SendAsync(cluster, 60);
        Of(cluster, Bad).State.Should().Be(EndpointState.Ejected);
        return cluster;
    }

    private static async Task SendAsync(OriginCluster cluster, int requests)
    {
        for (int i = 0; i < requests; i++)
        {
            _ = await ClusterBench.Send(cluster);
        }
    }

    private static async Task SendAnyAsync(OriginCluster cluster)
    {
        try
        {
            _ = await ClusterBench.Send(cluster);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            // This request was hurt.
        }
    }

    /// <summary>Time passes while requests flow.</summary>
    private static async Task PassAsync(ClusterBench bench, OriginCluster cluster, TimeSpan time)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(250))
        {
            await SendAsync(cluster, 3);
            bench.Clock.Advance(TimeSpan.FromMilliseconds(250));
        }

        await SendAsync(cluster, 3);
    }

    private static EndpointSnapshot Of(OriginCluster cluster, string address) =>
        cluster.Snapshot().Endpoints.Single(endpoint => endpoint.Address.Address.ToString() == address);

    private static EndpointState[] States(OriginCluster cluster) => [.. cluster.Snapshot().Endpoints.Select(endpoint => endpoint.State)];
}
