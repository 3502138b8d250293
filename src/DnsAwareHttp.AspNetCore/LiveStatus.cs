using DnsAwareHttp.AspNetCore.Page;

namespace DnsAwareHttp.AspNetCore;

/// <summary>The page's sections, rendered once for all who look at it at one time.</summary>
internal sealed class LiveStatus(StatusSource source, TimeProvider time)
{
    /// <summary>The least time between two renderings.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    // Replaced as a whole. Two callers at one time may render twice; that costs, and harms nothing.
    private volatile Rendered? _latest;

    /// <summary>The sections now, or a moment ago.</summary>
    public IReadOnlyList<Section> Render()
    {
        long now = time.GetTimestamp();
        Rendered? latest = _latest;
        if (latest is null || time.GetElapsedTime(latest.At, now) >= Interval * 0.9)
        {
            _latest = latest = new Rendered(StatusPage.Render(source.Read()), now);
        }

        return latest.Sections;
    }

    private sealed record Rendered(IReadOnlyList<Section> Sections, long At);
}
