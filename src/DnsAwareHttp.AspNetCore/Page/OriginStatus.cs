namespace DnsAwareHttp.AspNetCore.Page;

/// <summary>An origin and what belongs to it.</summary>
/// <param name="Client">The name of the handler.</param>
/// <param name="Origin">The origin.</param>
/// <param name="Verdict">How well it is.</param>
/// <param name="Now">When the snapshot was taken.</param>
internal sealed record OriginStatus(string Client, OriginSnapshot Origin, OriginVerdict Verdict, DateTimeOffset Now)
{
    /// <summary>Tells origins of one name apart: one may be used with credentials, and one without.</summary>
    public int Number { get; init; }

    /// <summary>Its changes, the oldest first.</summary>
    public IReadOnlyList<DnsAwareChange> Changes { get; init; } = [];
}
