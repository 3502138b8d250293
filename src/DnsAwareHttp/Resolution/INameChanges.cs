namespace DnsAwareHttp.Resolution;

/// <summary>Tells that earlier answers no longer hold, long before their TTL ends: a file was edited, a network came up.</summary>
internal interface INameChanges : IDisposable
{
    /// <summary>Begins to watch. <paramref name="changed"/> gets the names that are touched (lower case, no trailing dot), or null when any may be; it must not throw.</summary>
    void Watch(Action<IReadOnlySet<string>?> changed);
}
