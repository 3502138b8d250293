using System.Net;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Sending;

/// <summary>The samples that a cluster takes of its endpoints: one at a time, while requests flow.</summary>
public sealed class SampleTests : IDisposable, IRequestRoutes
{
    private static readonly Origin Origin = new(false, "svc.test", 80, null, false);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly EndpointBench _bench = new();
    private readonly FakeOriginEndpoints _endpoints = new();
    private readonly OriginCluster _cluster;
    private int _samples;

    public SampleTests()
    {
        OriginUsage usage = new(_bench.Clock.GetUtcNow());
        ConnectionRace race = new(TimeSpan.FromMilliseconds(250), _bench.Clock);
        EndpointWait wait = new(Origin, _endpoints, usage, race, Timeout.InfiniteTimeSpan, _bench.Clock, failures: null);
        _cluster = new OriginCluster(Origin, _bench.Scope, _endpoints, new RequestSender(Origin, _bench.Scope, _endpoints, wait, this), usage);
        EndpointPool pool = _bench.Connected("10.0.0.1");
        _endpoints.Set = FakeOriginEndpoints.Offer(pool);
        _endpoints.OnSample = () => Interlocked.Increment(ref _samples);
    }

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task WhileRequestsFlow_SamplesAreTaken_AndNoneAfterwards()
    {
        await SendAsync();
        _bench.Clock.Advance(Interval);
        _samples.Should().Be(1);

        await SendAsync();
        _bench.Clock.Advance(Interval);
        _samples.Should().Be(2);

        _bench.Clock.Advance(TimeSpan.FromMinutes(1));
        _samples.Should().BeInRange(2, 3);
        _bench.Clock.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public async Task TheLastSampleTakesLong_NoSecondOneRunsBesideIt_AndTheNextIsNotLost()
    {
        using SemaphoreSlim entered = new(0);
        using ManualResetEventSlim mayLeave = new();
        _endpoints.OnSample = () =>
        {
            Interlocked.Increment(ref _samples);
            entered.Release();
            mayLeave.Wait(TimeSpan.FromSeconds(30));
        };
        await SendAsync();
        Task first = Task.Run(() => _bench.Clock.Advance(Interval));
        (await entered.WaitAsync(TimeSpan.FromSeconds(30))).Should().BeTrue();

        await SendAsync(); // Plans a sample while the first one runs.
        await Task.Run(() => _bench.Clock.Advance(Interval)).WaitAsync(TimeSpan.FromSeconds(30));
        _samples.Should().Be(1, "one sample runs at a time");

        mayLeave.Set();
        await first.WaitAsync(TimeSpan.FromSeconds(30));
        _bench.Clock.Advance(Interval);
        _samples.Should().Be(2, "the request came after the first sample had begun");
    }

    [Fact]
    public async Task ASampleThatThrows_IsLoggedAndTheNextIsTaken()
    {
        _endpoints.OnSample = () => throw new InvalidOperationException($"sample {Interlocked.Increment(ref _samples)}");
        await SendAsync();
        _bench.Clock.Advance(Interval);
        await SendAsync();
        _bench.Clock.Advance(Interval);

        _samples.Should().BeGreaterThanOrEqualTo(2);
        _bench.Log.Events.Should().Contain("BackgroundThrew");
        await Eventually.Holds(() => !_endpoints.IsClosed, "the cluster stays open");
    }

    Task<HttpResponseMessage> IRequestRoutes.SendHopAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    OriginCluster IRequestRoutes.Reopen(Origin origin) => throw new NotSupportedException();

    private async Task SendAsync()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "http://svc.test/");
        using HttpResponseMessage response = await _cluster.SendAsync(request, null, async: true, CancellationToken.None);
        response.StatusCode.Should().Be(HttpStatusCode.OK);
    }
}
