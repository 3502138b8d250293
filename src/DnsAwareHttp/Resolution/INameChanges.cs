namespace DnsAwareHttp.Resolution;

/// <summary>Reports that earlier answers no longer hold, long before their TTL ends: a file was edited, a network came up.</summary>
/// <remarks>
/// For sources that look for changes only while they are watched. <see cref="NameResolver"/> is for sources that hear of changes by
/// themselves.
/// </remarks>
internal interface INameChanges
{
    /// <summary>
    /// Watches until the returned object is disposed. <paramref name="changed"/> gets the names that changed (lower case, no trailing dot),
    /// or null when any may have changed; it is quick and must not throw. Changes since the last watch ended are reported before this
    /// returns. There is one watch at a time.
    /// </summary>
    IDisposable Watch(Action<IReadOnlySet<string>?> changed);
}
