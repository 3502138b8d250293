using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Provisional.</summary>
internal sealed class ResolverChain(DnsCacheOptions options, TimeProvider time, ILoggerFactory loggers) : IFamilyResolver, IDisposable
{
    public ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken) => ResolveAsync(host, AddressFamily.Unspecified, cancellationToken);

    public async ValueTask<Answer> ResolveAsync(string host, AddressFamily family, CancellationToken cancellationToken)
    {
        _ = (options, time, loggers);
        return new Answer.Found([.. await System.Net.Dns.GetHostAddressesAsync(host, family, cancellationToken).ConfigureAwait(false)], TimeSpan.FromSeconds(1));
    }

    public void Dispose()
    {
    }
}
