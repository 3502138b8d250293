namespace DnsAwareHttp.Tests.Resolution;

public sealed class EmptyReasonsTests
{
    [Theory]
    [InlineData(EmptyReason.NxDomain, "the name does not exist (NXDOMAIN)")]
    [InlineData(EmptyReason.NoData, "the name has no record of the kind that was asked for (NODATA)")]
    public void Describe_HasTheWordOfDns(EmptyReason reason, string expected) => reason.Describe().Should().Be(expected);
}
