using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Tests.Diagnostics;

public sealed class ExamplesTests
{
    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "1")]
    [InlineData(3, "1, 2, 3")]
    [InlineData(4, "1, 2, 3 and 1 more")]
    [InlineData(4_000, "1, 2, 3 and 3,997 more")]
    public void Of_ShowsThreeAndCountsTheOthers(int count, string expected) => Examples.Of([.. Enumerable.Range(1, count)]).Should().Be(expected);

    [Fact]
    public void Of_OtherNumberAndSeparator() => Examples.Of(["a", "b", "c"], 2, "; ").Should().Be("a; b and 1 more");
}
