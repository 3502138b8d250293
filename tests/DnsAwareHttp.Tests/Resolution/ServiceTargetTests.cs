namespace DnsAwareHttp.Tests.Resolution;

public sealed class ServiceTargetTests
{
    [Fact]
    public void Text_HasAllParts() => new ServiceTarget("a.test", 8080, 1, 20).ToString().Should().Be("a.test:8080 (priority 1, weight 20)");
}
