namespace DnsAwareHttp.Health;

/// <summary>Tells which errors of a request mean that its connection broke. Pure.</summary>
internal static class ConnectionBreaks
{
    /// <summary>Whether the TLS handshake failed.</summary>
    public static bool IsHandshake(HttpRequestException error) => error.HttpRequestError is HttpRequestError.SecureConnectionError;

    /// <summary>Whether the connection broke before the answer, or in its handshake.</summary>
    /// <remarks>
    /// A stream that an HTTP/2 server resets tells nothing about its connection: servers cancel and refuse single requests in this way.
    /// </remarks>
    public static bool IsBreak(HttpRequestException error) =>
        IsHandshake(error)
        || error.HttpRequestError is HttpRequestError.ResponseEnded
        || error.InnerException is IOException and not HttpProtocolException;
}
