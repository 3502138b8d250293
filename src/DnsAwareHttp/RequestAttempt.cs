using System.Net;

namespace DnsAwareHttp;

/// <summary>One address that a request was given to, or was dialled for it.</summary>
public sealed record RequestAttempt
{
    /// <summary>Address and port.</summary>
    public required IPEndPoint Endpoint { get; init; }

    /// <summary>The end of the attempt.</summary>
    public required RequestAttemptOutcome Outcome { get; init; }

    /// <summary>The time from the beginning of the attempt to its end: to the response headers, if it was answered.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The error; null if the attempt was answered.</summary>
    public Exception? Error { get; init; }
}

/// <summary>The end of one attempt to send a request.</summary>
public enum RequestAttemptOutcome
{
    /// <summary>A response arrived.</summary>
    Answered,

    /// <summary>The response said 421 (Misdirected Request).</summary>
    Misdirected,

    /// <summary>No connection could be had. Nothing of the request was sent.</summary>
    NotConnected,

    /// <summary>The connection took long. The request went elsewhere, nothing of it was sent, and the connect goes on.</summary>
    Late,

    /// <summary>The server does not speak the version that the request insists on. Nothing of the request was sent.</summary>
    VersionRefused,

    /// <summary>The request was sent, at least in part, and failed. It is not sent again.</summary>
    Failed,

    /// <summary>The caller cancelled the request, or its timeout was over.</summary>
    Cancelled,
}
