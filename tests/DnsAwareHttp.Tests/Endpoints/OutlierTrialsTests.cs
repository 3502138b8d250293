using System.Net;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using DnsAwareHttp.Tests.Sending;

namespace DnsAwareHttp.Tests.Endpoints;

/// <summary>How ejected endpoints come back: with the end of an outage of all, by their probe, or by one request.</summary>
public sealed class OutlierTrialsTests
{
    private const string Bad = "10.0.0.1";
    private const string Worse = "10.0.0.2";
    private static readonly string[] Four = [Bad, Worse, "10.0.0.3", "10.0.0.4"];

    [Fact]
    public async Task AllFailWhileOneIsEjected_ItsEjectionGrowsNotAndEndsWithinASecondOfRecovery()
    {
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await EjectedAsync(bench, Bad);
        Say(bench, HttpStatusCode.ServiceUnavailable, Four);

        await PassAsync(bench, cluster, TimeSpan.FromMinutes(5));

        Of(cluster, Bad).EjectionsInARow.Should().Be(1, "it is no worse than the others");
        cluster.Snapshot().Endpoints.Count(endpoint => endpoint.State is EndpointState.Ejected).Should().BeLessThanOrEqualTo(1);
        Say(bench, HttpStatusCode.OK, Four);
        (await PassAsync(bench, cluster, TimeSpan.FromSeconds(1))).Should().AllBeEquivalentTo(HttpStatusCode.OK);
        cluster.Snapshot().Endpoints.Should().OnlyContain(endpoint => endpoint.State == EndpointState.Ready);
    }

    [Fact]
    public async Task TheOthersFallSick_TheEjectedThatAreWellAgainTakeOver()
    {
        DnsAwareOptions options = Options();
        options.OutlierDetection.EjectionTime = options.OutlierDetection.MaxEjectionTime;
        await using ClusterBench bench = new(options);
        OriginCluster cluster = await EjectedAsync(bench, Bad, Worse);
        Say(bench, HttpStatusCode.OK, Four);
        (await PassAsync(bench, cluster, TimeSpan.FromSeconds(5))).Should().AllBeEquivalentTo(HttpStatusCode.OK);
        Of(cluster, Bad).State.Should().Be(EndpointState.Ejected, "the others are well, and its time is not over");

        Say(bench, HttpStatusCode.ServiceUnavailable, "10.0.0.3", "10.0.0.4");
        await PassAsync(bench, cluster, TimeSpan.FromSeconds(3));

        (await PassAsync(bench, cluster, TimeSpan.FromSeconds(5))).Should().AllBeEquivalentTo(HttpStatusCode.OK);
        EndpointsOf(cluster, EndpointState.Ready).Should().Equal(Bad, Worse);
        EndpointsOf(cluster, EndpointState.Ejected).Should().Equal("10.0.0.3", "10.0.0.4");
    }

    [Fact]
    public async Task AFewFailuresOfTheOthers_EndNoEjection()
    {
        await using ClusterBench bench = new(Options());
        OriginCluster cluster = await EjectedAsync(bench, Bad);
        int asked = 0;
        foreach (string address in Four.Skip(1))
        {
            bench.Says(address, _ => Task.FromResult(new HttpResponseMessage(asked++ % 3 == 0 ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK)));
        }

        long before = Of(cluster, Bad).TotalRequests;
        await PassAsync(bench, cluster, TimeSpan.FromSeconds(9.5));

        Of(cluster, Bad).TotalRequests.Should().Be(before, "a third of failures is no reason to try it early");
    }

    [Fact]
    public async Task ProbeThatSeesWhatRequestsSee_ReturnsTheEndpointWithoutARequest()
    {
        await using ClusterBench bench = new(Options(probes: true));
        OriginCluster cluster = await EjectedAsync(bench, Bad);
        await ProbedAsync(cluster, ProbeState.Failed);
        long requests = RequestsTo(bench, Bad);
        Answer(bench, health: HttpStatusCode.OK, others: HttpStatusCode.ServiceUnavailable);

        await EventuallyAsync(bench, cluster, () => Of(cluster, Bad).State is EndpointState.Ready);

        RequestsTo(bench, Bad).Should().BeLessThanOrEqualTo(requests + 1, "the probe tried it, and a request may come after its return");
        await Eventually.Holds(() => bench.Log.TextsOf("EndpointReturned").Any(), "the log tells");
    }

    [Fact]
    public async Task ProbeFailsWhenItsTimeIsOver_NoRequestIsLost()
    {
        await using ClusterBench bench = new(Options(probes: true));
        OriginCluster cluster = await EjectedAsync(bench, Bad);
        long requests = RequestsTo(bench, Bad);

        await EventuallyAsync(bench, cluster, () => Of(cluster, Bad).EjectionsInARow == 2);

        RequestsTo(bench, Bad).Should().Be(requests);
        Of(cluster, Bad).Reason.Should().Be("the probe that tried it failed: 503 (ServiceUnavailable)");
    }

    [Fact]
    public async Task ProbeThatPassesAllTheTime_IsNotBelieved_OneRequestTriesTheEndpoint()
    {
        await using ClusterBench bench = new(Options(probes: true));
        OriginCluster cluster = await OpenAsync(bench);
        Answer(bench, health: HttpStatusCode.OK, others: HttpStatusCode.ServiceUnavailable);
        await SendAsync(cluster, 80);
        await ProbedAsync(cluster, ProbeState.Passed);
        long requests = RequestsTo(bench, Bad);

        await EventuallyAsync(bench, cluster, () => Of(cluster, Bad).EjectionsInARow == 2);

        RequestsTo(bench, Bad).Should().Be(requests + 1);
        Of(cluster, Bad).Reason.Should().StartWith("the request that tried it failed: 503");
    }

    private static DnsAwareOptions Options(bool probes = false) => new()
    {
        LoadBalancing = LoadBalancingPolicy.RoundRobin,
        Probe = probes ? new EndpointProbe { Path = "/health", Interval = Timeout.InfiniteTimeSpan, WarmUp = false } : null,
    };

    private static async Task<OriginCluster> OpenAsync(ClusterBench bench)
    {
        OriginCluster cluster = bench.Open(Four);
        bench.Dns.Says("svc.test", 86_400, Four);
        await SendAsync(cluster, 1);
        foreach (string address in Four)
        {
            for (int i = 0; i < 20; i++)
            {
                _ = await bench.Connect(address);
            }
        }

        return cluster;
    }

    private static async Task<OriginCluster> EjectedAsync(ClusterBench bench, params string[] sick)
    {
        OriginCluster cluster = await OpenAsync(bench);
        Say(bench, HttpStatusCode.ServiceUnavailable, sick);
        await SendAsync(cluster, 120);
        EndpointsOf(cluster, EndpointState.Ejected).Should().Equal(sick);
        return cluster;
    }

    private static void Say(ClusterBench bench, HttpStatusCode status, params string[] addresses) =>
        Array.ForEach(addresses, address => bench.Says(address, status));

    private static void Answer(ClusterBench bench, HttpStatusCode health, HttpStatusCode others) =>
        bench.Says(Bad, request => Task.FromResult(new HttpResponseMessage(IsProbe(request) ? health : others)));

    private static bool IsProbe(HttpRequestMessage request) => request.RequestUri!.AbsolutePath == "/health";

    private static long RequestsTo(ClusterBench bench, string address) => bench.AskedFor.Count(asked => asked == (address, "/"));

    private static Task ProbedAsync(OriginCluster cluster, ProbeState outcome) =>
        Eventually.Holds(() => Of(cluster, Bad).Probe == outcome, "the ejected endpoint is probed at once");

    private static async Task<HttpStatusCode[]> SendAsync(OriginCluster cluster, int requests)
    {
        HttpStatusCode[] answers = new HttpStatusCode[requests];
        for (int i = 0; i < requests; i++)
        {
            answers[i] = await ClusterBench.Send(cluster);
        }

        return answers;
    }

    /// <summary>Time passes while requests flow.</summary>
    /// <returns>The answers.</returns>
    private static async Task<HttpStatusCode[]> PassAsync(ClusterBench bench, OriginCluster cluster, TimeSpan time)
    {
        List<HttpStatusCode> answers = [];
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(250))
        {
            answers.AddRange(await SendAsync(cluster, 8));
            bench.Clock.Advance(TimeSpan.FromMilliseconds(250));
        }

        return [.. answers];
    }

    private static Task EventuallyAsync(ClusterBench bench, OriginCluster cluster, Func<bool> condition) => Eventually.Holds(
        async () =>
        {
            if (!condition())
            {
                await PassAsync(bench, cluster, TimeSpan.FromMilliseconds(250));
            }

            return condition();
        },
        "the trial has its outcome");

    private static EndpointSnapshot Of(OriginCluster cluster, string address) =>
        cluster.Snapshot().Endpoints.Single(endpoint => endpoint.Address.Address.ToString() == address);

    private static string[] EndpointsOf(OriginCluster cluster, EndpointState state) =>
        [.. cluster.Snapshot().Endpoints.Where(endpoint => endpoint.State == state).Select(endpoint => endpoint.Address.Address.ToString()).Order()];
}
