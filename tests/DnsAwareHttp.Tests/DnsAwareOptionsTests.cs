namespace DnsAwareHttp.Tests;

/// <summary>What the options say about one host. <see cref="House.OptionCoverageTests"/> has that each is copied and compared.</summary>
public sealed class DnsAwareOptionsTests
{
    [Theory]
    [InlineData("svc.test", 8080, MembershipMode.Logical)]
    [InlineData("svc.test", 80, MembershipMode.Strict)]
    [InlineData("SVC.test", 80, MembershipMode.Strict)]
    [InlineData("other.test", 8080, MembershipMode.Adaptive)]
    public void MembershipOf_TheEntryWithThePortGoesFirst_ThenTheHost_ThenTheModeOfAll(string host, int port, MembershipMode expected)
    {
        DnsAwareOptions options = new() { Membership = MembershipMode.Adaptive };
        options.MembershipByHost["svc.test"] = MembershipMode.Strict;
        options.MembershipByHost["svc.test:8080"] = MembershipMode.Logical;

        options.Snapshot().MembershipOf(host, port).Should().Be(expected);
    }

    [Theory]
    [InlineData("svc.test", 8080, "_http._tcp.port.test")]
    [InlineData("svc.test", 80, "_http._tcp.host.test")]
    [InlineData("other.test", 8080, "selected other.test 8080")]
    public void ServiceOf_TheEntryWithThePortGoesFirst_ThenTheHost_ThenTheSelector(string host, int port, string expected)
    {
        DnsAwareOptions options = new() { ServiceRecordSelector = static (host, port) => $"selected {host} {port}" };
        options.ServiceRecords["svc.test"] = "_http._tcp.host.test";
        options.ServiceRecords["svc.test:8080"] = "_http._tcp.port.test";

        options.Snapshot().ServiceOf(host, port).Should().Be(expected);
    }

    [Fact]
    public void ServiceOf_WithoutAnEntryOrASelector_IsNone() => new DnsAwareOptions().ServiceOf("svc.test", 80).Should().BeNull();
}
