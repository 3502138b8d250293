namespace DnsAwareHttp;

/// <summary>Finds the addresses of a host name. Give your own to a <see cref="DnsCache"/> to find services elsewhere than in DNS.</summary>
/// <remarks>
/// <para>The cache calls the resolver on threads of the pool, for several names at a time, and holds no lock meanwhile. It never asks twice
/// at a time for the same name and family.</para>
/// <para>Derive from <see cref="NameResolver"/> instead to be asked for one address family alone, or to announce changes before a TTL
/// ends.</para>
/// </remarks>
public interface INameResolver
{
    /// <summary>Asks once, without caching: the <see cref="DnsCache"/> keeps answers, shares questions and repeats them.</summary>
    /// <param name="host">
    /// A host name in its ASCII form (punycode), as in the request's URI; never an IP literal or <c>localhost</c>.
    /// </param>
    /// <param name="cancellationToken">
    /// Ends the question when its deadline of 5 s has passed or the cache is disposed; never because one caller gave up.
    /// </param>
    /// <returns>The outcome. The cache takes null or an exception as <see cref="Answer.Failed"/>.</returns>
    ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken);
}
