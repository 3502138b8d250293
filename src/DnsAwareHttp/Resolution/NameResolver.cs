using System.Collections.Immutable;
using System.Net.Sockets;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp;

/// <summary>Base class for resolvers that can ask for one address family alone, or that hear of changes before a TTL ends.</summary>
/// <remarks>
/// <para>Give an instance to a <see cref="DnsCache"/>, or register it in the container as <see cref="INameResolver"/>. One instance may
/// serve several caches. It does not cache: the <see cref="DnsCache"/> keeps answers, shares questions and repeats them.</para>
/// <para>The cache calls <see cref="ResolveAsync(string, AddressFamily, CancellationToken)"/> on threads of the pool, for several names at
/// a time, but never twice at a time for the same name and family. It holds no lock meanwhile. An exception fails that one question: the
/// cache takes it as <see cref="Answer.Failed"/>, keeps the last good answer and asks again after a backoff.</para>
/// <para>IP literals and <c>localhost</c> never reach the resolver.</para>
/// </remarks>
public abstract class NameResolver : INameResolver
{
    // Weak, so that a cache that was dropped without disposal can be collected.
    private ImmutableArray<WeakReference<DnsCache>> _caches = [];

    /// <summary>Makes a resolver.</summary>
    protected NameResolver()
    {
    }

    /// <summary>Asks once for the addresses of a name, without caching.</summary>
    /// <param name="host">
    /// A host name in its ASCII form (punycode), as in the request's URI. A dot at the end says that no search list applies; the targets of
    /// a service have it.
    /// </param>
    /// <param name="addressFamily">
    /// <see cref="AddressFamily.InterNetwork"/> or <see cref="AddressFamily.InterNetworkV6"/> for that family alone,
    /// <see cref="AddressFamily.Unspecified"/> for both: <see cref="Answer.Merge"/> makes one answer of two. The cache drops addresses of
    /// another family.
    /// </param>
    /// <param name="cancellationToken">
    /// Ends the question when its deadline of 5 s has passed or the cache is disposed; never because one caller gave up.
    /// </param>
    /// <returns>The outcome. The cache takes null or an exception as <see cref="Answer.Failed"/>.</returns>
    public abstract ValueTask<Answer> ResolveAsync(string host, AddressFamily addressFamily, CancellationToken cancellationToken);

    /// <summary>Asks once for the addresses of both families.</summary>
    /// <param name="host">As in <see cref="ResolveAsync(string, AddressFamily, CancellationToken)"/>.</param>
    /// <param name="cancellationToken">As in <see cref="ResolveAsync(string, AddressFamily, CancellationToken)"/>.</param>
    public ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken) =>
        ResolveAsync(host, AddressFamily.Unspecified, cancellationToken);

    /// <summary>Asks once for the targets of a service, without caching. A resolver that does not override it fails the question.</summary>
    /// <param name="service">
    /// The name of SRV records, such as <c>_http._tcp.orders.example.com</c>, from <see cref="DnsAwareOptions.ServiceRecords"/> or
    /// <see cref="DnsAwareOptions.ServiceRecordSelector"/>.
    /// </param>
    /// <param name="cancellationToken">As in <see cref="ResolveAsync(string, AddressFamily, CancellationToken)"/>.</param>
    /// <returns>
    /// <see cref="Answer.ForService"/>, <see cref="Answer.Empty"/> or <see cref="Answer.Failed"/>. The cache takes anything else as
    /// <see cref="Answer.Failed"/>.
    /// </returns>
    public virtual ValueTask<Answer> ResolveServiceAsync(string service, CancellationToken cancellationToken) =>
        ValueTask.FromResult(NameAsker.CannotAskForServices(this, service));

    /// <summary>The addresses of a name may have changed: its cached answer expires now.</summary>
    /// <remarks>
    /// <para>The caches ask again at once for a name that is in use, and with the next request for any other name. While a question is in
    /// flight, any number of calls causes one more question after it, because the answer under way may be older than the change.</para>
    /// <para>Safe for concurrent use, also under a lock of the caller: this method waits for nothing and calls no code of the resolver.
    /// Do not call it for each question from within <c>ResolveAsync</c>: the name would be asked for without end.</para>
    /// </remarks>
    /// <param name="host">The name. Case and a trailing dot do not matter. A name that no cache knows is ignored.</param>
    protected void NotifyChanged(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        Tell(new HashSet<string> { Normalize(host) });
    }

    /// <summary>The addresses of some names may have changed: their cached answers expire now.</summary>
    /// <remarks>As <see cref="NotifyChanged(string)"/>, for many names at the cost of one.</remarks>
    /// <param name="hosts">The names. If the sequence throws or contains null, no answer expires.</param>
    protected void NotifyChanged(IEnumerable<string> hosts)
    {
        ArgumentNullException.ThrowIfNull(hosts);
        HashSet<string> names = [];
        foreach (string host in hosts)
        {
            names.Add(Normalize(host ?? throw new ArgumentException("A host name is null.", nameof(hosts))));
        }

        if (names.Count > 0)
        {
            Tell(names);
        }
    }

    /// <summary>
    /// The addresses of any name may have changed, for example because another network came up: all cached answers expire now.
    /// </summary>
    /// <remarks>As <see cref="NotifyChanged(string)"/>, for all names.</remarks>
    protected void NotifyAllChanged() => Tell(null);

    /// <summary>From now on the cache is told of changes. The resolver holds it weakly.</summary>
    internal void Attach(DnsCache cache) =>
        ImmutableInterlocked.Update(ref _caches, static (caches, added) => [.. Alive(caches, except: null), new(added)], cache);

    /// <summary>The cache is told of no further change.</summary>
    internal void Detach(DnsCache cache) =>
        ImmutableInterlocked.Update(ref _caches, static (caches, removed) => [.. Alive(caches, removed)], cache);

    private static IEnumerable<WeakReference<DnsCache>> Alive(ImmutableArray<WeakReference<DnsCache>> caches, DnsCache? except) =>
        caches.Where(cache => cache.TryGetTarget(out DnsCache? alive) && alive != except);

    // As the cache knows names.
    private static string Normalize(string host) => host.TrimEnd('.').ToLowerInvariant();

    private void Tell(IReadOnlySet<string>? names)
    {
        foreach (WeakReference<DnsCache> cache in _caches)
        {
            if (cache.TryGetTarget(out DnsCache? alive))
            {
                alive.Invalidate(names);
            }
        }
    }
}
