namespace DnsAwareHttp.Pools;

/// <summary>Whose pools they are, for log and metrics.</summary>
/// <param name="Name">The origin as people write it.</param>
/// <param name="Host">The name that is resolved.</param>
/// <param name="Port">The port that is dialled.</param>
internal sealed record PoolOwner(string Name, string Host, int Port)
{
    /// <summary>Whether it is the one of its name from which credentials are withheld.</summary>
    public bool IsAnonymous { get; init; }
}
