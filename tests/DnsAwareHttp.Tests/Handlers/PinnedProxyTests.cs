using System.Net;
using DnsAwareHttp.Handlers;

namespace DnsAwareHttp.Tests.Handlers;

public sealed class PinnedProxyTests
{
    private static readonly Uri Proxy = new("http://proxy.test:3128");

    [Theory]
    [InlineData("http://svc.test/")]
    [InlineData("https://other.test/")]
    [InlineData("http://localhost/")]
    public void WhateverIsAsked_IsTheOneProxyAndBypassesNothing(string destination)
    {
        PinnedProxy pinned = new(Proxy, null);

        pinned.GetProxy(new Uri(destination)).Should().BeSameAs(Proxy);
        pinned.IsBypassed(new Uri(destination)).Should().BeFalse();
    }

    [Fact]
    public void Credentials_AreThoseGivenAndDoNotChange()
    {
        NetworkCredential credentials = new("user", "word");
        PinnedProxy pinned = new(Proxy, credentials);

        pinned.Credentials.Should().BeSameAs(credentials);
        pinned.Invoking(proxy => proxy.Credentials = null).Should().Throw<NotSupportedException>();
    }

    [Theory]
    [InlineData("http://proxy.test", true)]
    [InlineData("https://proxy.test", true)]
    [InlineData("socks4://proxy.test", true)]
    [InlineData("socks4a://proxy.test", true)]
    [InlineData("socks5://proxy.test", true)]
    [InlineData("ftp://proxy.test", false)]
    [InlineData("/proxy", false)]
    public void IsSupported_IsWhatTheRuntimeCanSpeakTo(string proxy, bool expected) =>
        PinnedProxy.IsSupported(new Uri(proxy, UriKind.RelativeOrAbsolute)).Should().Be(expected);
}
