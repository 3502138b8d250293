using DnsAwareHttp.Health;

namespace DnsAwareHttp.Pools;

/// <summary>Counts the breaks of a pool's connections, not the requests that fail with them.</summary>
/// <param name="streams">The connections.</param>
internal sealed class PoolBreaks(OpenStreams streams)
{
    private volatile bool _hasBroken;
    private long _openedBefore = -1;

    /// <summary>Whether a connection broke since DNS last named the address.</summary>
    public bool HasBroken
    {
        get => _hasBroken;
        set => _hasBroken = value;
    }

    /// <summary>Whether the error of a request is one more break.</summary>
    /// <remarks>
    /// All requests on an HTTP/2 connection fail with it. That is one break, until another connection was tried.
    /// </remarks>
    public bool IsOneMore(HttpRequestException error)
    {
        if (!ConnectionBreaks.IsBreak(error))
        {
            return false;
        }

        _hasBroken = true;
        long opened = streams.Opened;
        return Interlocked.Exchange(ref _openedBefore, opened) != opened || ConnectionBreaks.IsHandshake(error);
    }
}
