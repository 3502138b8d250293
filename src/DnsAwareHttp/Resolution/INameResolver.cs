namespace DnsAwareHttp;

/// <summary>Answers which addresses a host name has. Bring your own to a <see cref="DnsCache"/> to find services elsewhere than in DNS.</summary>
public interface INameResolver
{
    /// <summary>Asks once, without caching: the <see cref="DnsCache"/> above caches, shares and repeats questions.</summary>
    /// <param name="host">A host name in its ASCII form (punycode), as in the request's URI; never an IP literal or <c>localhost</c>.</param>
    /// <param name="cancellationToken">Ends the question when its deadline of 5 s has passed or the cache is disposed; never because one caller gave up.</param>
    /// <returns>The outcome. An exception is taken as <see cref="Answer.Failed"/>.</returns>
    ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken);
}
