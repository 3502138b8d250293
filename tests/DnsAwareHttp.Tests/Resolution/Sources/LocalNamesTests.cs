using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution.Sources;

namespace DnsAwareHttp.Tests.Resolution.Sources;

/// <summary>IP literals, and RFC 6761 section 6.3.</summary>
public sealed class LocalNamesTests
{
    [Theory]
    [InlineData("10.0.0.1", AddressFamily.Unspecified)]
    [InlineData("10.0.0.1", AddressFamily.InterNetwork)]
    [InlineData("2001:db8::1", AddressFamily.InterNetworkV6)]
    public void Literal_IsItsOwnWholeAnswer(string literal, AddressFamily family)
    {
        LocalNames.TryResolve(literal, family, out Answer? answer).Should().BeTrue();

        answer.Should().Be(new Answer.Found([IPAddress.Parse(literal)], TimeSpan.MaxValue, IsComplete: true));
    }

    [Theory]
    [InlineData("10.0.0.1", AddressFamily.InterNetworkV6)]
    [InlineData("2001:db8::1", AddressFamily.InterNetwork)]
    public void Literal_OfTheOtherFamily_IsNoData(string literal, AddressFamily family)
    {
        LocalNames.TryResolve(literal, family, out Answer? answer).Should().BeTrue();

        answer.Should().Be(new Answer.Empty(EmptyReason.NoData, TimeSpan.MaxValue));
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LocalHost.")]
    [InlineData("app.localhost")]
    [InlineData("a.b.LOCALHOST.")]
    public void Localhost_AndAllBelowIt_AreThisMachine(string host)
    {
        LocalNames.TryResolve(host, AddressFamily.InterNetwork, out Answer? answer).Should().BeTrue();
        answer.Should().Be(new Answer.Found([IPAddress.Loopback], TimeSpan.MaxValue, IsComplete: true));

        LocalNames.TryResolve(host, AddressFamily.Unspecified, out answer).Should().BeTrue();
        answer.Should().BeOfType<Answer.Found>().Which.Addresses
            .Should().Equal(Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback]);
    }

    [Theory]
    [InlineData("localhost.test")]
    [InlineData("notlocalhost")]
    [InlineData("localhost..")]
    [InlineData("svc.test")]
    public void OtherNames_NeedAQuestion(string host)
    {
        LocalNames.TryResolve(host, AddressFamily.Unspecified, out Answer? answer).Should().BeFalse();

        answer.Should().BeNull();
    }

    [Fact]
    public void LiteralAndLocalhost_AreToldApart()
    {
        LocalNames.TryResolveLiteral("localhost", AddressFamily.Unspecified, out _).Should().BeFalse();
        LocalNames.TryResolveLocalhost("127.0.0.1", AddressFamily.Unspecified, out _).Should().BeFalse();
    }
}
