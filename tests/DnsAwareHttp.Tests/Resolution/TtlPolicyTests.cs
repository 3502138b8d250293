using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class TtlPolicyTests
{
    private static readonly DnsCacheOptions Options = new()
    {
        MinTtl = TimeSpan.FromSeconds(2),
        MaxTtl = TimeSpan.FromSeconds(60),
        MaxNegativeTtl = TimeSpan.FromSeconds(10),
    };

    [Theory]
    [InlineData(-5, 2)]
    [InlineData(0, 2)]
    [InlineData(2, 2)]
    [InlineData(30, 30)]
    [InlineData(60, 60)]
    [InlineData(int.MaxValue, 60)]
    public void Lifetime_OfAddresses_IsTheTtlBetweenMinAndMax(int ttl, int expected) =>
        TtlPolicy.Lifetime(new Answer.Found([], TimeSpan.FromSeconds(ttl)), Options).Should().Be(TimeSpan.FromSeconds(expected));

    [Theory]
    [InlineData(0, 2)]
    [InlineData(5, 5)]
    [InlineData(11, 10)]
    public void Lifetime_OfNoAddress_IsTheNegativeTtlBetweenMinAndMaxNegative(int ttl, int expected) =>
        TtlPolicy.Lifetime(new Answer.Empty(EmptyReason.NoData, TimeSpan.FromSeconds(ttl)), Options).Should().Be(TimeSpan.FromSeconds(expected));

    [Fact]
    public void Lifetime_OfAnEndlessTtl_IsMaxTtl() =>
        TtlPolicy.Lifetime(new Answer.Found([], TimeSpan.MaxValue), Options).Should().Be(TimeSpan.FromSeconds(60));

    [Fact]
    public void Lifetime_OfAFailure_IsShort() =>
        TtlPolicy.Lifetime(new Answer.Failed("SERVFAIL"), Options).Should().Be(TtlPolicy.FailureLifetime);

    [Theory]
    [InlineData(0.5, 50)]
    [InlineData(1, 100)]
    [InlineData(300, 100)]
    public void Jitter_IsATenthOfTheLifetimeAndAtMost100Milliseconds(double lifetimeSeconds, double mostMilliseconds)
    {
        TimeSpan lifetime = TimeSpan.FromSeconds(lifetimeSeconds);

        TtlPolicy.Jitter(lifetime, new ScriptedRandom { Fraction = 0 }).Should().Be(TimeSpan.Zero);
        TtlPolicy.Jitter(lifetime, new ScriptedRandom { Fraction = 1 }).Should().Be(TimeSpan.FromMilliseconds(mostMilliseconds));
    }
}
