namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Ends a watch when it is disposed.</summary>
internal sealed class WatchEnd(Action end) : IDisposable
{
    /// <summary>The end of a watch of nothing.</summary>
    public static readonly WatchEnd OfNothing = new(static () => { });

    public void Dispose() => end();
}
