using System.Globalization;
using System.Net;

namespace DnsAwareHttp.AspNetCore.Page;

/// <summary>The latest minutes of one address as a line: when it took requests, when it drained, when it failed.</summary>
internal static class Lane
{
    private const double Width = 180;

    /// <summary>The shortest window that shows all changes: 1, 5 or 15 minutes.</summary>
    public static TimeSpan WindowFor(IReadOnlyList<DnsAwareChange> changes, DateTimeOffset now)
    {
        TimeSpan oldest = changes.Count == 0 ? TimeSpan.MaxValue : now - changes[0].At;
        return TimeSpan.FromMinutes(oldest < TimeSpan.FromSeconds(55) ? 1 : oldest < TimeSpan.FromMinutes(4.9) ? 5 : 15);
    }

    /// <summary>Draws the line.</summary>
    /// <param name="address">The address.</param>
    /// <param name="changes">The changes of this address, the oldest first.</param>
    /// <param name="isOpen">Whether the address is in use or drains now.</param>
    /// <param name="now">The right end.</param>
    /// <param name="window">The time from the left end to the right.</param>
    public static Html Draw(
        IPEndPoint address, IEnumerable<DnsAwareChange> changes, bool isOpen, DateTimeOffset now, TimeSpan window)
    {
        Html html = new();
        DateTimeOffset start = now - window;
        double At(DateTimeOffset time) => Width * Math.Clamp((time - start) / window, 0, 1);
        html.Raw("<svg class=\"lane\" viewBox=\"0 0 180 16\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"")
            .Text($"{address} over the last {window.TotalMinutes:0} minutes")
            .Raw("\"><rect class=\"l-base\" x=\"0\" y=\"7\" width=\"180\" height=\"2\"/>");
        (string Kind, DateTimeOffset Since)? open = isOpen ? ("use", start) : null;
        List<(string Kind, DateTimeOffset At)> marks = [];
        bool isFirst = true;
        foreach (DnsAwareChange change in changes)
        {
            // A first change that is no joining: the address joined before the window.
            open = isFirst ? Before(change, start) : open;
            isFirst = false;
            (string Kind, DateTimeOffset Since)? next = After(change, open);
            if (open is not null && next != open)
            {
                Bar(html, open.Value.Kind, At(open.Value.Since), At(change.At));
            }

            open = next;
            if (change is not (DnsAwareChange.EndpointRecovered or DnsAwareChange.EndpointReturned))
            {
                marks.Add((MarkOf(change), change.At));
            }
        }

        if (open is not null && isOpen)
        {
            Bar(html, open.Value.Kind, At(open.Value.Since), Width);
        }

        marks.ForEach(mark => Mark(html, mark.Kind, At(mark.At)));
        return html.Raw("</svg>");
    }

    private static (string Kind, DateTimeOffset Since)? Before(DnsAwareChange first, DateTimeOffset start) => first switch
    {
        DnsAwareChange.EndpointJoined => null,
        DnsAwareChange.DrainEnded => ("drain", start),
        DnsAwareChange.EndpointRecovered or DnsAwareChange.EndpointReturned => ("fail", start),
        _ => ("use", start),
    };

    private static (string Kind, DateTimeOffset Since)? After(DnsAwareChange change, (string Kind, DateTimeOffset Since)? open)
    {
        return change switch
        {
            DnsAwareChange.EndpointJoined or DnsAwareChange.EndpointRecovered or DnsAwareChange.EndpointReturned => ("use", change.At),
            DnsAwareChange.EndpointFailing or DnsAwareChange.EndpointEjected => ("fail", change.At),
            DnsAwareChange.EndpointLeft => ("drain", change.At),

            // The address may have returned while it drained.
            DnsAwareChange.DrainEnded when open is { Kind: "drain" } => null,
            _ => open,
        };
    }

    private static string MarkOf(DnsAwareChange change) => change switch
    {
        DnsAwareChange.EndpointJoined => "join",
        DnsAwareChange.EndpointLeft => "leave",
        DnsAwareChange.EndpointFailing or DnsAwareChange.EndpointEjected => "fail",
        _ => "end",
    };

    private static void Bar(Html html, string kind, double from, double to) =>
        html.Raw($"<rect class=\"l-{kind}\" x=\"{Of(from)}\" y=\"4\" width=\"{Of(Math.Max(1, to - from))}\" height=\"8\"/>");

    private static void Mark(Html html, string kind, double at) =>
        html.Raw($"<rect class=\"m-{kind}\" x=\"{Of(Math.Min(Width - 2, at))}\" y=\"1\" width=\"2\" height=\"14\"/>");

    private static string Of(double number) => number.ToString("0.#", CultureInfo.InvariantCulture);
}
