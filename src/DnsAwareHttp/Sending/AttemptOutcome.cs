using System.Net;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Sending;

/// <summary>The end of one attempt to send a request.</summary>
internal enum AttemptOutcome
{
    /// <summary>A response arrived.</summary>
    Answered,

    /// <summary>No connection to the endpoint could be had. Nothing of the request was sent: another endpoint may have it.</summary>
    NotConnected,

    /// <summary>The endpoint does not speak the version that the request insists on. Nothing was sent, and the endpoint is well.</summary>
    VersionRefused,

    /// <summary>The response says 421 (Misdirected Request).</summary>
    Misdirected,

    /// <summary>
    /// The endpoint refused the HTTP/2 stream and did nothing with the request (REFUSED_STREAM, RFC 9113 section 8.7). Another endpoint may
    /// have it.
    /// </summary>
    Refused,

    /// <summary>The request was sent, at least in part, and failed or was cancelled.</summary>
    Failed,
}

/// <summary>Tells the outcome of an attempt. Pure.</summary>
internal static class AttemptOutcomes
{
    private const long RefusedStream = 7;

    /// <param name="error">The error of the attempt.</param>
    /// <param name="isTunnelled">
    /// Whether the endpoint is a proxy that passes bytes on. The server behind it is then the one whose TLS handshake failed, or that lacks
    /// the version.
    /// </param>
    /// <param name="timedOut">What the connect of the request was waiting for, if the runtime's connect timeout ended it.</param>
    public static AttemptOutcome Of(Exception error, bool isTunnelled, ConnectPhase timedOut = ConnectPhase.None) =>
        timedOut is ConnectPhase.Dial || (timedOut is ConnectPhase.Handshake && !isTunnelled) ? AttemptOutcome.NotConnected
        : error is not HttpRequestException request ? AttemptOutcome.Failed
        : request.HttpRequestError switch
        {
            HttpRequestError.ConnectionError => AttemptOutcome.NotConnected,
            HttpRequestError.SecureConnectionError when !isTunnelled => AttemptOutcome.NotConnected,
            HttpRequestError.VersionNegotiationError when !isTunnelled => AttemptOutcome.VersionRefused,
            HttpRequestError.ExtendedConnectNotSupported when !isTunnelled => AttemptOutcome.VersionRefused,
            _ when request.InnerException is HttpProtocolException { ErrorCode: RefusedStream } => AttemptOutcome.Refused,
            _ => AttemptOutcome.Failed,
        };

    /// <param name="response">The response of the attempt.</param>
    public static AttemptOutcome Of(HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.MisdirectedRequest ? AttemptOutcome.Misdirected : AttemptOutcome.Answered;

    /// <summary>Notes on the endpoint what the outcome tells of its health.</summary>
    public static void NoteOn(
        EndpointPool pool, AttemptOutcome outcome, Exception error, bool isTunnelled, ConnectPhase timedOut = ConnectPhase.None)
    {
        if (outcome is AttemptOutcome.VersionRefused)
        {
            // It said so itself, in its handshake.
            pool.OnAnswered();
            return;
        }

        if (outcome is AttemptOutcome.NotConnected && timedOut is not ConnectPhase.None)
        {
            pool.OnConnectTimedOut(timedOut);
            return;
        }

        bool concernsEndpoint = outcome is AttemptOutcome.NotConnected || (outcome is AttemptOutcome.Failed && !isTunnelled);
        if (concernsEndpoint && error is HttpRequestException request)
        {
            pool.OnFailed(request);
        }

        pool.OnUnanswered();
    }
}
