using DnsAwareHttp.Balancing;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Endpoints;

/// <summary>Which requests of an origin make its endpoints worth a probe: those of the application alone.</summary>
public sealed class EndpointProberTests : IDisposable
{
    private readonly EndpointBench _bench = new(
        new DnsAwareOptions { Probe = new EndpointProbe { Path = "/health", Timeout = TimeSpan.FromMinutes(1), WarmUp = false } });

    private readonly EndpointPool _slow;
    private readonly EndpointPool _other;
    private readonly TaskCompletionSource<HttpResponseMessage> _held = new();
    private readonly EndpointProber _prober;

    public EndpointProberTests()
    {
        _bench.AnswerOf = (address, _) => address == "10.0.0.1" ? _held.Task : Task.FromResult(new HttpResponseMessage());
        (_slow, _other) = (_bench.Connected("10.0.0.1"), _bench.Connected("10.0.0.2"));
        _prober = EndpointProber.Of(_bench.Scope)!;
        _prober.Follow(SetOf(_slow, _other));
    }

    public void Dispose()
    {
        _held.TrySetResult(new HttpResponseMessage());
        _bench.Dispose();
    }

    [Fact]
    public async Task AProbeUnderWay_IsNoRequestOfTheApplication()
    {
        Task<string?> probe = _slow.Probes.Run!();
        await Eventually.Holds(() => _slow.ActiveRequests == 1, "the probe is under way");

        (_prober.HasRequests, _prober.Requests).Should().Be((false, 0));
        _other.TryEnter(out GateLease lease);
        _prober.HasRequests.Should().BeTrue("a request awaits its headers");
        lease.Dispose();
        _slow.TryEnter(out lease);
        _prober.HasRequests.Should().BeTrue("a request beside the probe awaits its headers");
        lease.Dispose();
        _held.SetResult(new HttpResponseMessage());
        (await probe).Should().BeNull();
        (_prober.HasRequests, _prober.Requests).Should().Be((false, 0));
    }

    [Fact]
    public async Task AnEndpointLeaves_ItsRequestsStayCounted()
    {
        await SendAsync(_other);
        await SendAsync(_other);

        _prober.Follow(SetOf(_slow));

        _prober.Requests.Should().Be(2, "less, or more, would look like a use");
        _prober.Follow(null);
        _prober.Requests.Should().Be(2);
        _prober.Follow(SetOf(_slow, _bench.Connected("10.0.0.3")));
        _prober.Requests.Should().Be(2);
    }

    private static EndpointSet? SetOf(params EndpointPool[] pools) => FakeOriginEndpoints.Offer(pools);

    private static async Task SendAsync(EndpointPool pool)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "http://svc.test/");
        (await pool.SendAsync(request, async: true, CancellationToken.None)).Dispose();
    }
}
