using System.Net;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Tests.Resolution;

/// <summary>RFC 6724 sections 3.1, 3.2 and 3.4.</summary>
public sealed class AddressScopeTests
{
    [Theory]
    [InlineData("127.0.0.1", AddressScope.LinkLocal)]
    [InlineData("127.255.0.9", AddressScope.LinkLocal)]
    [InlineData("169.254.1.1", AddressScope.LinkLocal)]
    [InlineData("169.253.1.1", AddressScope.Global)]
    [InlineData("10.0.0.1", AddressScope.Global)]
    [InlineData("192.168.1.1", AddressScope.Global)]
    [InlineData("198.51.100.1", AddressScope.Global)]
    [InlineData("::1", AddressScope.LinkLocal)]
    [InlineData("fe80::1", AddressScope.LinkLocal)]
    [InlineData("fec0::1", AddressScope.SiteLocal)]
    [InlineData("fd00::1", AddressScope.Global)]
    [InlineData("2001:db8::1", AddressScope.Global)]
    [InlineData("ff01::1", 0x1)]
    [InlineData("ff02::1", 0x2)]
    [InlineData("ff18::1", 0x8)]
    public void Of_IsTheScopeOfTheRfc(string address, int scope) => AddressScope.Of(IPAddress.Parse(address)).Should().Be(scope);
}
