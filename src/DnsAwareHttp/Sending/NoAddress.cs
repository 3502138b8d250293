using System.Net.Sockets;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Sending;

/// <summary>The error of a request whose origin has no address that may be dialled.</summary>
internal static class NoAddress
{
    /// <summary>
    /// The error in the runtime's form: its kind, "(host:port)" at the end of the message, and a <see cref="SocketException"/>, or the
    /// resolver's exception, within.
    /// </summary>
    public static HttpRequestException Error(Origin origin, NameAnswer known)
    {
        CachedAnswer answer = known.Answer;
        (string reason, SocketError code, Exception? cause) = answer switch
        {
            { LastGood.IsService: true } => ("the service is decidedly not available (RFC 2782)", SocketError.HostNotFound, null),
            { LastGood: not null } =>
                ("AddressFilter refused all of " + Examples.Of(answer.LastGood.Addresses), SocketError.AccessDenied, null),
            { Latest: Answer.Empty { Reason: EmptyReason.NxDomain } } =>
                (EmptyReason.NxDomain.Describe(), SocketError.HostNotFound, null),
            { Latest: Answer.Empty } when known.IsService => ("the name has no SRV record (NODATA)", SocketError.HostNotFound, null),
            { Latest: Answer.Empty } => ("the name has no address record (NODATA)", SocketError.HostNotFound, null),
            { Latest: Answer.Failed failed } => (failed.Reason, SocketError.TryAgain, failed.Exception),
            _ => ("nothing is known of it", SocketError.TryAgain, default(Exception)),
        };
        string subject = known.Name == origin.Host ? "" : $" by {known.Name.TrimEnd('.')}";
        string message = $"No address is known for {origin}{subject}: {reason}.";
        HttpRequestError kind = code is SocketError.AccessDenied ? HttpRequestError.ConnectionError : HttpRequestError.NameResolutionError;
        return new HttpRequestException(
            kind, $"{message} ({origin.Host}:{origin.Port})", cause ?? new SocketException((int)code, message));
    }
}
