using System.Net.Sockets;

namespace DnsAwareHttp.Resolution;

/// <summary>A resolver that can be asked for one address family alone.</summary>
internal interface IFamilyResolver : INameResolver
{
    /// <summary>
    /// As <see cref="INameResolver.ResolveAsync"/>, for one family, or for both with <see cref="AddressFamily.Unspecified"/>.
    /// </summary>
    ValueTask<Answer> ResolveAsync(string host, AddressFamily family, CancellationToken cancellationToken);
}
