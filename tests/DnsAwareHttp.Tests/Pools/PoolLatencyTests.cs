using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Tests.Pools;

public sealed class PoolLatencyTests
{
    private readonly PoolLatency _latency;
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;

    public PoolLatencyTests() => _latency = new PoolLatency(() => _now);

    [Fact]
    public async Task OneRequestAfterEachSample_IsTimed()
    {
        _latency.Mean.Should().BeNull();

        await Answer(TimeSpan.FromMilliseconds(100));
        await Answer(TimeSpan.FromSeconds(9));

        _latency.Mean.Should().Be(TimeSpan.FromMilliseconds(100), "the second request came before the next sample");
        _latency.TimeNext();
        await Answer(TimeSpan.FromMilliseconds(200));
        _latency.Mean.Should().Be(TimeSpan.FromMilliseconds(110));
    }

    [Fact]
    public async Task LatestOnes_Decide()
    {
        await Answer(TimeSpan.FromSeconds(1));
        for (int i = 0; i < 50; i++)
        {
            _latency.TimeNext();
            await Answer(TimeSpan.FromMilliseconds(10));
        }

        _latency.Mean.Should().BeCloseTo(TimeSpan.FromMilliseconds(15), TimeSpan.FromMilliseconds(5));
    }

    [Fact]
    public void FailureAndAnAnswerAtOnce_TellNothing()
    {
        _latency.Watch(Task.FromResult(new HttpResponseMessage()));
        TaskCompletionSource<HttpResponseMessage> failing = new();
        Task<HttpResponseMessage> watched = _latency.Watch(failing.Task);
        watched.Should().BeSameAs(failing.Task);
        failing.SetException(new HttpRequestException());

        _latency.Mean.Should().BeNull();
        watched.IsFaulted.Should().BeTrue();
    }

    // On a thread of the pool, as the network: what follows the answer runs at once there.
    private async Task Answer(TimeSpan after)
    {
        TaskCompletionSource<HttpResponseMessage> answer = new();
        _ = _latency.Watch(answer.Task);
        _now += after;
        await Task.Run(() => answer.SetResult(new HttpResponseMessage()));
    }
}
