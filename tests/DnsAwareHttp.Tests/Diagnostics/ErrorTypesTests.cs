using System.Net.Sockets;
using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Tests.Diagnostics;

public sealed class ErrorTypesTests
{
    public static TheoryData<Exception?, string> Errors() => new()
    {
        { null, "_OTHER" },
        { new SocketException((int)SocketError.ConnectionRefused), "connection_refused" },
        { new SocketException((int)SocketError.TimedOut), "timeout" },
        { new TimeoutException(), "timeout" },
        { new TaskCanceledException("slow", new TimeoutException()), "timeout" },
        { new HttpRequestException("refused", new SocketException((int)SocketError.HostUnreachable)), "host_unreachable" },
        { new HttpRequestException(HttpRequestError.SecureConnectionError), "secure_connection_error" },
        { new InvalidOperationException("secret of the application"), "System.InvalidOperationException" },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public void Of_IsOneOfFew(Exception? error, string expected) => ErrorTypes.Of(error).Should().Be(expected);

    [Fact]
    public void OfALookup_ItsOwnClassGoesBeforeTheException()
    {
        ErrorTypes.Of(new Answer.Failed("refused") { ErrorType = "refused" }).Should().Be("refused");
        ErrorTypes.Of(new Answer.Failed("broken", new TimeoutException())).Should().Be("timeout");
        ErrorTypes.Of(new Answer.Failed("for no known reason")).Should().Be("_OTHER");
    }
}
