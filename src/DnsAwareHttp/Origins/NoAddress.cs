using System.Net.Sockets;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Origins;

/// <summary>The error of a request whose origin has no address that may be dialled.</summary>
internal static class NoAddress
{
    /// <summary>As the runtime reports it: the kind, "(host:port)" at the end of the message, and a <see cref="SocketException"/> within.</summary>
    public static HttpRequestException Error(Origin origin, CachedAnswer answer)
    {
        (string reason, Exception cause) = answer switch
        {
            { LastGood: not null } => ("AddressFilter refused all of " + string.Join(", ", answer.LastGood.Addresses), new SocketException((int)SocketError.AccessDenied)),
            { Latest: Answer.Empty { Reason: EmptyReason.NxDomain } } => ("the name does not exist (NXDOMAIN)", new SocketException((int)SocketError.HostNotFound)),
            { Latest: Answer.Empty } => ("the name has no address record (NODATA)", new SocketException((int)SocketError.NoData)),
            { Latest: Answer.Failed failed } => (failed.Reason, failed.Exception ?? new SocketException((int)SocketError.TryAgain)),
            _ => ("nothing is known of it", new SocketException((int)SocketError.TryAgain)),
        };
        return new HttpRequestException(HttpRequestError.NameResolutionError, $"No address is known for {origin}: {reason}. ({origin.Host}:{origin.Port})", cause);
    }
}
