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
    public void Addresses_AreRead(string text, string expected) => NameServer.Parse(text).ToString().Should().Be(expected);

    [Fact]
    public void ScopeByInterfaceName_IsRead()
    {
        if (OperatingSystem.IsLinux())
        {
            NameServer.Parse("fe80::1%lo").Address.ScopeId.Should().Be(1);
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
    public void AnythingElse_IsRefused(string text)
    {
        NameServer.TryParse(text, out _).Should().BeFalse();
        ((Action)(() => NameServer.Parse(text))).Should().Throw<FormatException>().WithMessage($"NameServers: '{text}'*");
    }

    [Fact]
    public void DnsOverTls_IsNamedAsNotSupported()
    {
        NameServer.TryParse("tls://9.9.9.9#dns.quad9.net", out _).Should().BeFalse();
        ((Action)(() => NameServer.Parse("tls://9.9.9.9#dns.quad9.net"))).Should().Throw<NotSupportedException>()
            .WithMessage("NameServers: 'tls://9.9.9.9#dns.quad9.net'*");
    }
}
