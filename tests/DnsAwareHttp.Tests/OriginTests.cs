using System.Net;

namespace DnsAwareHttp.Tests;

public sealed class OriginTests
{
    [Theory]
    [InlineData("http://svc.test/path?query", "http://svc.test:80")]
    [InlineData("https://svc.test:8443/", "https://svc.test:8443")]
    [InlineData("ws://SVC.test/", "http://svc.test:80")]
    [InlineData("wss://svc.test/", "https://svc.test:443")]
    [InlineData("http://[::1]:8080/", "http://[::1]:8080")]
    [InlineData("http://bücher.test/", "http://xn--bcher-kva.test:80")]
    public void Of_IsSchemeHostAndPort(string uri, string expected) => Of(uri).ToString().Should().Be(expected);

    [Theory]
    [InlineData("http://svc.test/a", "ws://svc.test/b", true)]
    [InlineData("https://svc.test/", "wss://svc.test:443/", true)]
    [InlineData("http://svc.test/", "https://svc.test:80/", false)]
    [InlineData("http://svc.test/", "http://svc.test:81/", false)]
    [InlineData("http://svc.test/", "http://other.test/", false)]
    public void Origins_AreEqualWhereRequestsMayShareConnections(string one, string other, bool areEqual) =>
        (Of(one) == Of(other)).Should().Be(areEqual);

    [Fact]
    public void AnonymousOrigin_IsAnother() => Of("http://svc.test/").Should().NotBe(Of("http://svc.test/", isAnonymous: true));

    [Fact]
    public void Proxy_IsTheOriginOfAllRequestsThroughIt()
    {
        Origin one = Of("https://svc.test/", "http://proxy.test:3128");
        Origin other = Of("http://other.test:81/", "http://proxy.test:3128");

        one.Should().Be(other);
        one.DialTarget.Should().Be(new DnsEndPoint("proxy.test", 3128));
        one.ToString().Should().Be("proxy http://proxy.test:3128");
        one.IsSecure.Should().BeFalse("the connection to the proxy is in cleartext");
        Of("http://svc.test/", "https://proxy.test").IsSecure.Should().BeTrue();
        Of("https://svc.test/").DialTarget.Should().Be(new DnsEndPoint("svc.test", 443));
    }

    [Theory]
    [InlineData("http://svc.test/", true)]
    [InlineData("https://svc.test/", true)]
    [InlineData("ws://svc.test/", true)]
    [InlineData("wss://svc.test/", true)]
    [InlineData("ftp://svc.test/", false)]
    [InlineData("http:svc", false)]
    [InlineData("/path", false)]
    public void IsSupported_ForTheSchemesOfTheRuntime(string uri, bool isSupported) =>
        (Uri.TryCreate(uri, UriKind.RelativeOrAbsolute, out Uri? request) && Origin.IsSupported(request)).Should().Be(isSupported);

    [Theory]
    [InlineData("svc.test", true)]
    [InlineData("10.0.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("::", false)]
    [InlineData("::ffff:0.0.0.0", false)]
    [InlineData("bücher.test", false)]
    public void CanBeDialled_NotTheUnspecifiedAddressesNorOtherThanAscii(string host, bool canBe) =>
        new Origin(false, host, 80, null, false).CanBeDialled.Should().Be(canBe);

    [Theory]
    [InlineData("http://svc.test/", null, false)]
    [InlineData("https://svc.test/", null, false)]
    [InlineData("http://svc.test/", "http://proxy.test", false)]
    [InlineData("http://svc.test/", "https://proxy.test", false)]
    [InlineData("https://svc.test/", "http://proxy.test", true)]
    [InlineData("ws://svc.test/", "http://proxy.test", true)]
    [InlineData("http://svc.test/", "socks5://proxy.test", true)]
    public void Tunnels_ThroughSocksAndForAllButHttp(string uri, string? proxy, bool tunnels)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, uri);

        Of(uri, proxy).Tunnels(request).Should().Be(tunnels);
    }

    private static Origin Of(string uri, string? proxy = null, bool isAnonymous = false) =>
        Origin.Of(new Uri(uri), proxy is null ? null : new Uri(proxy), isAnonymous);
}
