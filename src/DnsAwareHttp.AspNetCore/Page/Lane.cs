using System.Globalization;
using System.Net;

namespace DnsAwareHttp.AspNetCore.Page;

/// <summary>The last 15 minutes of one address as a line: when it took requests, when it drained, when it failed.</summary>
internal static class Lane
{
    private const double Width = 180;
    private static readonly TimeSpan _window = TimeSpan.FromMinutes(15);

    /// <summary>Draws the line.</summary>
    /// <param name="address">The address.</param>
    /// <param name="changes">The changes of this address, the oldest first.</param>
    /// <param name="isOpen">Whether the address is in use or drains now.</param>
    /// <param name="now">The right end.</param>
    public static Html Draw(IPEndPoint address, IEnumerable<DnsAwareChange> changes, bool isOpen, DateTimeOffset now)
    {
        Html html = new();
        html.Raw("<svg class=\"lane\" viewBox=\"0 0 180 16\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"")
            .Text($"{address} over the last 15 minutes").Raw("\"><rect class=\"l-base\" x=\"0\" y=\"7\" width=\"180\" height=\"2\"/>");
        (string Kind, DateTimeOffset Since)? open = isOpen ? ("use", now - _window) : null;
        List<(string Kind, DateTimeOffset At)> marks = [];
        bool isFirst = true;
        foreach (DnsAwareChange change in changes)
        {
            // A first change that is no joining: the address joined before the window.
            open = isFirst ? Before(change, now - _window) : open;
            isFirst = false;
            (string Kind, DateTimeOffset Since)? next = After(change, open);
            if (open is not null && next != open)
            {
                Bar(html, open.Value.Kind, open.Value.Since, change.At, now);
            }

            open = next;
            if (change is not DnsAwareChange.EndpointRecovered)
            {
                marks.Add((MarkOf(change), change.At));
            }
        }

        if (open is not null && isOpen)
        {
            Bar(html, open.Value.Kind, open.Value.Since, now, now);
        }

        marks.ForEach(mark => Mark(html, mark.Kind, mark.At, now));
        return html.Raw("</svg>");
    }

    private static (string Kind, DateTimeOffset Since)? Before(DnsAwareChange first, DateTimeOffset start) => first switch
    {
        DnsAwareChange.EndpointJoined => null,
        DnsAwareChange.DrainEnded => ("drain", start),
        DnsAwareChange.EndpointRecovered => ("fail", start),
        _ => ("use", start),
    };

    private static (string Kind, DateTimeOffset Since)? After(DnsAwareChange change, (string Kind, DateTimeOffset Since)? open) => change switch
    {
        DnsAwareChange.EndpointJoined or DnsAwareChange.EndpointRecovered => ("use", change.At),
        DnsAwareChange.EndpointFailing => ("fail", change.At),
        DnsAwareChange.EndpointLeft => ("drain", change.At),

        // The address may have returned while it drained.
        DnsAwareChange.DrainEnded when open is { Kind: "drain" } => null,
        _ => open,
    };

    private static string MarkOf(DnsAwareChange change) => change switch
    {
        DnsAwareChange.EndpointJoined => "join",
        DnsAwareChange.EndpointLeft => "leave",
        DnsAwareChange.EndpointFailing => "fail",
        _ => "end",
    };

    private static void Bar(Html html, string kind, DateTimeOffset from, DateTimeOffset to, DateTimeOffset now)
    {
        (double start, double end) = (At(from, now), At(to, now));
        html.Raw($"<rect class=\"l-{kind}\" x=\"{Of(start)}\" y=\"4\" width=\"{Of(Math.Max(1, end - start))}\" height=\"8\"/>");
    }

    private static void Mark(Html html, string kind, DateTimeOffset at, DateTimeOffset now) =>
        html.Raw($"<rect class=\"m-{kind}\" x=\"{Of(Math.Min(Width - 2, At(at, now)))}\" y=\"1\" width=\"2\" height=\"14\"/>");

    private static double At(DateTimeOffset time, DateTimeOffset now) => Width * Math.Clamp(1 - ((now - time) / _window), 0, 1);

    private static string Of(double number) => number.ToString("0.#", CultureInfo.InvariantCulture);
}
