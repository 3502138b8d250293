using System.Net.Sockets;

namespace DnsAwareHttp.Diagnostics;

/// <summary>The class of a failure, as <c>error.type</c>. It has few values, whatever the network or the application does.</summary>
internal static class ErrorTypes
{
    public const string Timeout = "timeout";

    /// <summary>A connect takes longer than the request waits for it alone.</summary>
    public const string Late = "late";

    /// <summary>The code of a socket, the error of the runtime's handler, or the type of the exception.</summary>
    public static string Of(Exception? error) => error switch
    {
        null => Tags.Other,
        SocketException { SocketErrorCode: SocketError.TimedOut } => Timeout,
        SocketException socket => EnumNames<SocketError>.Of(socket.SocketErrorCode),
        TimeoutException or OperationCanceledException { InnerException: TimeoutException } => Timeout,
        HttpRequestException { InnerException: SocketException cause } => Of(cause),
        HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } request =>
            EnumNames<HttpRequestError>.Of(request.HttpRequestError),
        _ => error.GetType().FullName ?? Tags.Other,
    };

    /// <summary>The class of a lookup that failed.</summary>
    public static string Of(Answer.Failed failed) => failed.ErrorType ?? Of(failed.Exception);
}
