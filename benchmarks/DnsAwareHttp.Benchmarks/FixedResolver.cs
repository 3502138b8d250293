using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Benchmarks;

/// <summary>Says the same of each name, for an hour.</summary>
/// <param name="network">The first three numbers of the addresses.</param>
/// <param name="count">The number of addresses; the last numbers are 1 and up.</param>
internal sealed class FixedResolver(string network, int count) : INameResolver
{
    private readonly ImmutableArray<IPAddress> _addresses = [.. Enumerable.Range(1, count).Select(i => IPAddress.Parse($"{network}.{i}"))];

    public ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken) =>
        ValueTask.FromResult<Answer>(new Answer.Found(_addresses, TimeSpan.FromHours(1)));
}
