using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Endpoints;

/// <summary>The latest answer about an origin's own name, or about its service. Requests and metrics read it without a lock.</summary>
internal sealed class FollowedAnswer
{
    private volatile CachedAnswer? _latest;

    /// <summary>The answer; null before the first one.</summary>
    public CachedAnswer? Latest
    {
        get => _latest;
        set => _latest = value;
    }

    /// <summary>Whether the addresses are used after their TTL, because questions fail.</summary>
    public bool IsStale => _latest is { IsStale: true };
}
