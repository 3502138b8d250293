using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Asks the operating system's resolver, which knows sources besides DNS, and gives no TTL.</summary>
internal sealed class SystemResolver(TimeSpan ttl) : IFamilyResolver
{
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
        SocketError.HostNotFound => new Answer.Empty(EmptyReason.NxDomain, ttl),
        SocketError.NoData => new Answer.Empty(EmptyReason.NoData, ttl),
        _ => new Answer.Failed($"the operating system's resolver failed ({exception.SocketErrorCode})", exception),
    };
}
