using System.Net;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

public class NameServerTests
{
    [Theory]
    [InlineData("10.0.0.2", "10.0.0.2:53")]
    [InlineData("127.0.0.1:5353", "127.0.0.1:5353")]
    [InlineData("::1", "[::1]:53")]
    [InlineData("[::1]", "[::1]:53")]
    [InlineData("[::1]:5353", "[::1]:5353")]
    [InlineData("fe80::1%7", "[fe80::1%7]:53")]
    [InlineData("[fe80::1%7]:54", "[fe80::1%7]:54")]
    [InlineData("tls://9.9.9.9", "tls://9.9.9.9:853")]
    [InlineData("tls://9.9.9.9#dns.quad9.net", "tls://9.9.9.9:853#dns.quad9.net")]
    [InlineData("TLS://9.9.9.9:8853#DNS.Quad9.net", "tls://9.9.9.9:8853#dns.quad9.net")]
    [InlineData("tls://[2620:fe::fe]:853#dns.quad9.net", "tls://[2620:fe::fe]:853#dns.quad9.net")]
    [InlineData("tls://2620:fe::fe#dns.quad9.net", "tls://[2620:fe::fe]:853#dns.quad9.net")]
    public void Addresses_AreRead(string text, string expected) => NameServer.Parse(text).ToString().Should().Be(expected);

    [Fact]
    public void ScopeByInterfaceName_IsRead()
    {
        if (OperatingSystem.IsLinux())
        {
            NameServer.Parse("fe80::1%lo").EndPoint.Address.ScopeId.Should().Be(1);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("dns.test")]
    [InlineData("10.2")]
    [InlineData("10.0.0.2:0")]
    [InlineData("10.0.0.2:65536")]
    [InlineData("10.0.0.2:")]
    [InlineData("010.0.0.2")]
    [InlineData("[::1]:0")]
    [InlineData("1")]
    [InlineData(" 10.0.0.2")]
    [InlineData("10.0.0.2#dns.test")]
    [InlineData("tls://")]
    [InlineData("tls://dns.quad9.net")]
    [InlineData("tls://9.9.9.9#")]
    [InlineData("tls://9.9.9.9:0#dns.quad9.net")]
    [InlineData("tls://9.9.9.9#9.9.9.9")]
    [InlineData("tls://9.9.9.9#dns..net")]
    [InlineData("tls://9.9.9.9#a b")]
    [InlineData("tls://9.9.9.9/#dns.quad9.net")]
    [InlineData("https://9.9.9.9/dns-query")]
    public void AnythingElse_IsRefused(string text)
    {
        NameServer.TryParse(text, out _).Should().BeFalse();
        ((Action)(() => NameServer.Parse(text))).Should().Throw<FormatException>().WithMessage($"NameServers: '{text}'*");
    }

    [Fact]
    public void MappedAddress_IsAskedByIpv4() =>
        NameServer.Parse("[::ffff:127.0.0.53]:5353").EndPoint.Should().Be(IPEndPoint.Parse("127.0.0.53:5353"));

    [Fact]
    public void NameServers_AreTheSameByWhereAndHowTheyAreAsked()
    {
        NameServer server = NameServer.Parse("tls://9.9.9.9#dns.quad9.net");
        server.Should().Be(NameServer.Parse("tls://9.9.9.9:853#DNS.QUAD9.NET"));
        server.Should().NotBe(NameServer.Parse("tls://9.9.9.9"));
        server.Should().NotBe(NameServer.Parse("9.9.9.9:853"));
        (server.IsTls, server.TlsName).Should().Be((true, "dns.quad9.net"));
    }
}
