namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Ends a watch when it is disposed.</summary>
internal sealed class WatchEnd(Action end) : IDisposable
{
    public void Dispose() => end();
}
