using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Pools;

public sealed class PoolSamplerTests
{
    private static readonly DateTimeOffset Made = DateTimeOffset.UnixEpoch;

    private readonly TestEndpoint _endpoint = new();
    private readonly PoolSampler _sampler = new(startsSlowly: false, Made);

    [Fact]
    public void Sample_NoRequestWaits_IsNoStall()
    {
        _sampler.Sample(_endpoint.Pool, Made).Should().BeFalse();
        _sampler.Sample(_endpoint.Pool, Made).Should().BeFalse();
    }

    [Fact]
    public void Sample_ARequestWaitsAndNoAnswerCame_IsAStallUntilOneComes()
    {
        _endpoint.Pool.TryEnter(out GateLease lease);
        _endpoint.Pool.TryEnter(out _);
        _sampler.Sample(_endpoint.Pool, Made);

        _sampler.Sample(_endpoint.Pool, Made).Should().BeTrue();
        lease.Dispose();

        _sampler.Sample(_endpoint.Pool, Made).Should().BeFalse("a request was answered");
        _sampler.Sample(_endpoint.Pool, Made).Should().BeTrue();
    }

    [Fact]
    public void Share_StartsSlowly_GrowsFromTheFirstConnectionOnAndStays()
    {
        PoolSampler sampler = new(startsSlowly: true, Made);
        sampler.Share.Should().Be(0.1f);
        _endpoint.Connects();

        sampler.Sample(_endpoint.Pool, Made.AddSeconds(5));
        sampler.Share.Should().BeApproximately(0.5f, 0.001f);
        sampler.Sample(_endpoint.Pool, Made.AddSeconds(10));
        sampler.Share.Should().Be(1);
        _endpoint.Fails();
        sampler.Sample(_endpoint.Pool, Made.AddSeconds(11));

        sampler.Share.Should().Be(1, "it started once");
    }

    [Fact]
    public void IdleFor_CountsSinceThePoolWasLastBusy()
    {
        _sampler.IdleFor(isBusy: false, Made.AddSeconds(5)).Should().Be(TimeSpan.FromSeconds(5));
        _sampler.IdleFor(isBusy: true, Made.AddSeconds(6)).Should().Be(TimeSpan.Zero);
        _sampler.IdleFor(isBusy: false, Made.AddSeconds(8)).Should().Be(TimeSpan.FromSeconds(2));

        _sampler.MarkBusy(Made.AddSeconds(9));

        _sampler.IdleFor(isBusy: false, Made.AddSeconds(10)).Should().Be(TimeSpan.FromSeconds(1));
    }
}
