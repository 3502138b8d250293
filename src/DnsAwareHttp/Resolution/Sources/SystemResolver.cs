using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Asks the operating system's resolver, which knows sources besides DNS, and gives no TTL.</summary>
/// <param name="ttl">How long its answers are kept.</param>
/// <param name="canOpenSocket">Whether this process can open a socket now; null: it is tried.</param>
internal sealed class SystemResolver(TimeSpan ttl, Func<bool>? canOpenSocket = null) : IFamilyResolver
{
    private readonly Func<bool> _canOpenSocket = canOpenSocket ?? TryOpenSocket;

    public ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken) =>
        ResolveAsync(host, AddressFamily.Unspecified, cancellationToken);

    public async ValueTask<Answer> ResolveAsync(string host, AddressFamily family, CancellationToken cancellationToken)
    {
        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(host, family, cancellationToken).ConfigureAwait(false);
            return addresses.Length == 0
                ? new Answer.Empty(EmptyReason.NoData, ttl)
                : AnswerMerge.Usable(new Answer.Found([.. addresses], ttl));
        }
        catch (SocketException exception)
        {
            return OutcomeOf(exception);
        }
        catch (ArgumentException exception)
        {
            return new Answer.Failed($"'{host}' cannot be asked for", exception);
        }
    }

    private Answer OutcomeOf(SocketException exception) => exception.SocketErrorCode switch
    {
        // Without a free file descriptor it asks nobody, and calls that "no such name".
        SocketError.HostNotFound or SocketError.NoData when !_canOpenSocket() =>
            new Answer.Failed("the operating system's resolver could not open a socket", exception),
        SocketError.HostNotFound => new Answer.Empty(EmptyReason.NxDomain, ttl),
        SocketError.NoData => new Answer.Empty(EmptyReason.NoData, ttl),
        _ => new Answer.Failed($"the operating system's resolver failed ({exception.SocketErrorCode})", exception),
    };

    private static bool TryOpenSocket()
    {
        try
        {
            using Socket socket = new(SocketType.Dgram, ProtocolType.Udp);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
