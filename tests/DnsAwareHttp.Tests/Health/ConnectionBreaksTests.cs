using System.Net.Sockets;
using System.Security.Authentication;
using DnsAwareHttp.Health;

namespace DnsAwareHttp.Tests.Health;

public sealed class ConnectionBreaksTests
{
    [Theory]
    [InlineData(HttpRequestError.SecureConnectionError, true)]
    [InlineData(HttpRequestError.ResponseEnded, false)]
    [InlineData(HttpRequestError.ConnectionError, false)]
    [InlineData(HttpRequestError.Unknown, false)]
    public void IsHandshake_OnlyAnErrorOfTls(HttpRequestError kind, bool isHandshake) =>
        ConnectionBreaks.IsHandshake(new HttpRequestException(kind, "test")).Should().Be(isHandshake);

    [Theory]
    [InlineData(HttpRequestError.SecureConnectionError, true)]
    [InlineData(HttpRequestError.ResponseEnded, true)]
    [InlineData(HttpRequestError.ConnectionError, false)]
    [InlineData(HttpRequestError.NameResolutionError, false)]
    [InlineData(HttpRequestError.VersionNegotiationError, false)]
    [InlineData(HttpRequestError.InvalidResponse, false)]
    [InlineData(HttpRequestError.ConfigurationLimitExceeded, false)]
    public void IsBreak_ByTheKindOfTheErrorAlone(HttpRequestError kind, bool isBreak) =>
        ConnectionBreaks.IsBreak(new HttpRequestException(kind, "test")).Should().Be(isBreak);

    [Fact]
    public void IsBreak_AReadOrWriteThatFailed() => IsBreak(new IOException("reset", new SocketException((int)SocketError.ConnectionReset))).Should().BeTrue();

    [Fact]
    public void IsBreak_AStreamThatAnHttp2ServerReset_IsNone() => IsBreak(new HttpProtocolException(8, "reset", null)).Should().BeFalse();

    [Fact]
    public void IsBreak_AnotherCause_IsNone() => IsBreak(new AuthenticationException("test")).Should().BeFalse();

    private static bool IsBreak(Exception cause) => ConnectionBreaks.IsBreak(new HttpRequestException(HttpRequestError.Unknown, "test", cause));
}
