using System.Net;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

public class ResolvConfTests
{
    [Fact]
    public void WholeFile_IsRead()
    {
        ResolvConf conf = ResolvConf.Parse(
            "\uFEFF# comment\r\n; comment\r\nnameserver 10.0.0.2\r\nnameserver\t2001:db8::53 # office\r\nsearch A.test b.test. . a.test\r\noptions ndots:5 timeout:3 attempts:4 rotate edns0\r\n");
        conf.NameServers.Should().Equal(IPEndPoint.Parse("10.0.0.2:53"), IPEndPoint.Parse("[2001:db8::53]:53"));
        conf.Search.Should().Equal("a.test", "b.test");
        (conf.Ndots, conf.Timeout, conf.Attempts, conf.Rotate).Should().Be((5, TimeSpan.FromSeconds(3), 4, true));
    }

    [Fact]
    public void EmptyFile_MeansTheServerOnThisMachine()
    {
        ResolvConf conf = ResolvConf.Parse("");
        conf.NameServers.Should().Equal(IPEndPoint.Parse("127.0.0.1:53"));
        conf.Search.Should().BeEmpty();
        (conf.Ndots, conf.Timeout, conf.Attempts, conf.Rotate).Should().Be((1, null, null, false));
    }

    [Fact]
    public void OnlyThreeServers_AreTaken() =>
        ResolvConf.Parse("nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\nnameserver 10.0.0.4\n").NameServers.Should().HaveCount(3);

    [Fact]
    public void ScopedServer_KeepsItsScope() =>
        ResolvConf.Parse("nameserver fe80::1%7\n").NameServers.Single().Address.ScopeId.Should().Be(7);

    [Fact]
    public void MappedServer_IsItsIpv4Address() =>
        ResolvConf.Parse("nameserver ::ffff:127.0.0.53\n").NameServers.Should().Equal(IPEndPoint.Parse("127.0.0.53:53"));

    [Fact]
    public void MalformedLines_AreSkipped()
    {
        ResolvConf conf = ResolvConf.Parse("nameserver\nnameserver nonsense\nsearch\noptions ndots: timeout:x attempts rotate:1\n\0\nnameserver 10.0.0.1\n");
        conf.NameServers.Should().Equal(IPEndPoint.Parse("10.0.0.1:53"));
        (conf.Ndots, conf.Timeout, conf.Attempts, conf.Rotate).Should().Be((1, null, null, false));
    }

    [Fact]
    public void LastOfDomainAndSearch_Counts()
    {
        ResolvConf.Parse("search a.test b.test\ndomain c.test\n").Search.Should().Equal("c.test");
        ResolvConf.Parse("domain c.test\nsearch a.test b.test\n").Search.Should().Equal("a.test", "b.test");
    }

    [Fact]
    public void WithoutEither_TheHostNameGivesTheDomain()
    {
        ResolvConf.Parse("", "web1.corp.test").Search.Should().Equal("corp.test");
        ResolvConf.Parse("search a.test", "web1.corp.test").Search.Should().Equal("a.test");
        ResolvConf.Parse("", "web1").Search.Should().BeEmpty();
    }

    [Fact]
    public void Options_AreCappedAsInGlibc()
    {
        ResolvConf conf = ResolvConf.Parse("options ndots:99 timeout:99 attempts:99");
        (conf.Ndots, conf.Timeout, conf.Attempts).Should().Be((15, TimeSpan.FromSeconds(30), 5));
        conf = ResolvConf.Parse("options ndots:0 timeout:0 attempts:0");
        (conf.Ndots, conf.Timeout, conf.Attempts).Should().Be((0, TimeSpan.FromSeconds(1), 1));
    }

    [Fact]
    public void SameText_IsEqual()
    {
        ResolvConf.Parse("nameserver 10.0.0.1\nsearch a.test").Should().Be(ResolvConf.Parse("search a.test\nnameserver 10.0.0.1"));
        ResolvConf.Parse("nameserver 10.0.0.1").Should().NotBe(ResolvConf.Parse("nameserver 10.0.0.2"));
    }
}
