using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Tests.Pools;

public sealed class PoolCostTests
{
    private static readonly PoolCost Known = new(0.25f, 0.05f);

    [Fact]
    public void Word_HasBoth() => PoolCost.Of(Known.Word).Should().Be(Known);

    [Fact]
    public void Word_OfNothingKnown_IsZero() => default(PoolCost).Word.Should().Be(0);

    [Theory]
    [InlineData(0.31f, 0.005f, true)]
    [InlineData(0.31f, 0.05f, false)]
    [InlineData(0.2f, 0.001f, false)]
    public void IsAbove_OnlyBeyondTheDoubtOfBoth(float expected, float doubt, bool isAbove) =>
        new PoolCost(expected, doubt).IsAbove(Known).Should().Be(isAbove);

    [Fact]
    public void IsAbove_OneIsNotKnown_IsNeither()
    {
        Known.IsAbove(default).Should().BeFalse();
        default(PoolCost).IsAbove(Known).Should().BeFalse();
    }
}
