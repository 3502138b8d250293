using System.Diagnostics.CodeAnalysis;

namespace DnsAwareHttp;

/// <summary>
/// The handlers of the container's HTTP clients that follow DNS, by client name: for status pages, health checks, and to prepare a client
/// before its first request.
/// </summary>
/// <remarks>
/// <para>A service of the container once <c>AddDnsAwareHandler</c> was called for any client. All members are safe for concurrent
/// use.</para>
/// <para>A client has a handler from its first use until the container is disposed. The handler stays the same when the factory rotates its
/// pipelines. Handlers belong to the container; do not dispose them.</para>
/// </remarks>
public interface IDnsAwareHandlers
{
    /// <summary>The names of the clients that have a handler now, in ordinal order. A copy.</summary>
    IReadOnlyList<string> ClientNames { get; }

    /// <summary>The handler of a client, if the client was used already.</summary>
    /// <param name="clientName">The name that <c>AddHttpClient</c> was given; empty for the default client.</param>
    /// <param name="handler">The handler, or null.</param>
    /// <returns>Whether the client has a handler now.</returns>
    bool TryGetHandler(string clientName, [NotNullWhen(true)] out DnsAwareHandler? handler);

    /// <summary>The handler of a client. If the client was not used yet, its pipeline is made first, as with its first use.</summary>
    /// <param name="clientName">The name that <c>AddHttpClient</c> was given; empty for the default client.</param>
    /// <exception cref="InvalidOperationException">The client does not follow DNS, or its primary handler cannot be wrapped.</exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The client's options have mistakes.</exception>
    /// <exception cref="ObjectDisposedException">The container was disposed.</exception>
    DnsAwareHandler GetHandler(string clientName);

    /// <summary>The snapshots of all clients that have a handler now, by client name. Taking them delays no request.</summary>
    IReadOnlyDictionary<string, DnsAwareSnapshot> GetSnapshots();
}
