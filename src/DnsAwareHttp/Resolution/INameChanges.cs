namespace DnsAwareHttp.Resolution;

/// <summary>Tells that earlier answers no longer hold, long before their TTL ends: a file was edited, a network came up.</summary>
internal interface INameChanges
{
    /// <summary>
    /// Watches until the returned object is disposed. <paramref name="changed"/> gets the names that are touched (lower case, no trailing dot), or null when any may be;
    /// it is quick and must not throw. What changed since the last watch ended is told at once, before this returns. One watch at a time.
    /// </summary>
    IDisposable Watch(Action<IReadOnlySet<string>?> changed);
}
