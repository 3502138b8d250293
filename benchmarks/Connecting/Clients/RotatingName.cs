using System.Net;

namespace Connecting.Clients;

/// <summary>A name whose every answer has some of its addresses, drawn anew.</summary>
internal sealed class RotatingName(string[] addresses, int size, int seed, TimeSpan ttl) : INameResolver
{
    private readonly IPAddress[] _addresses = [.. addresses.Select(IPAddress.Parse)];
    private readonly Random _random = new(seed);
    private readonly Lock _drawing = new();

    public ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        lock (_drawing)
        {
            _random.Shuffle(_addresses);
            return ValueTask.FromResult<Answer>(new Answer.Found([.. _addresses.Take(size)], ttl));
        }
    }
}
