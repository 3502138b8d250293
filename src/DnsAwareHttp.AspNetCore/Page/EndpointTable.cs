using System.Globalization;
using System.Net;

namespace DnsAwareHttp.AspNetCore.Page;

/// <summary>The endpoints of one origin, one row each; below them the addresses that left within the last 15 minutes.</summary>
internal static class EndpointTable
{
    private const int MaxRows = 32;
    private const int MaxGone = 6;

    public static Html Render(OriginSnapshot origin, IReadOnlyList<DnsAwareChange> changes, DateTimeOffset now)
    {
        Html html = new();
        TimeSpan window = Lane.WindowFor(changes, now);
        html.Raw("<table><caption class=\"sr\">Endpoints of ").Text(origin.Origin)
            .Raw("</caption><thead><tr><th scope=\"col\">Address</th>")
            .Raw("<th scope=\"col\">State</th><th scope=\"col\" class=\"wide\">Traffic</th><th scope=\"col\" class=\"n\">Under way</th>")
            .Raw("<th scope=\"col\" class=\"n\">Waiting</th><th scope=\"col\" class=\"n\">Connections</th>")
            .Raw("<th scope=\"col\" class=\"n\"><abbr title=\"Requests per connection that was opened\">Reuse</abbr></th>")
            .Raw($"<th scope=\"col\">Last {window.TotalMinutes:0} min</th><th scope=\"col\" class=\"why\">Why</th></tr></thead><tbody>");
        ILookup<IPEndPoint, DnsAwareChange> byAddress =
            changes.Where(static change => AddressOf(change) is not null).ToLookup(static change => AddressOf(change)!);
        foreach (EndpointSnapshot endpoint in origin.Endpoints.Take(MaxRows))
        {
            Html lane = Lane.Draw(endpoint.Address, byAddress[endpoint.Address], isOpen: true, now, window);
            Row(html, endpoint, origin.Answer is { IsStale: true }, lane, now);
        }

        if (origin.Endpoints.Length > MaxRows)
        {
            html.Raw("<tr><td colspan=\"9\">")
                .Text(Words.Count(origin.Endpoints.Length - MaxRows, "more endpoint", "more endpoints")).Raw(" in the JSON</td></tr>");
        }

        HashSet<IPEndPoint> present = [.. origin.Endpoints.Select(endpoint => endpoint.Address)];
        foreach (IGrouping<IPEndPoint, DnsAwareChange> gone in byAddress.Where(group => !present.Contains(group.Key)).TakeLast(MaxGone))
        {
            Gone(html, gone, Lane.Draw(gone.Key, gone, isOpen: false, now, window), now);
        }

        return html.Raw("</tbody></table>");
    }

    private static void Row(Html html, EndpointSnapshot endpoint, bool isStale, Html lane, DateTimeOffset now)
    {
        string kind = KindOf(endpoint);
        double share = endpoint.TrafficShare ?? 0;
        html.Raw($"<tr class=\"e-{kind}\"><th scope=\"row\">").Text(endpoint.Address.ToString())
            .Raw("</th><td data-l=\"State\"><span class=\"badge\">")
            .Text(Label(endpoint)).Raw("</span></td><td data-l=\"Traffic\" class=\"wide\">")
            .Raw("<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">")
            .Raw("<rect class=\"b-all\" width=\"100\" height=\"8\"/><rect class=\"b-on\" width=\"").Number(share * 100, "0.#")
            .Raw("\" height=\"8\"/></svg> <b>").Number(share * 100, "0").Raw(" %</b> <small>")
            .Number(endpoint.RequestsPerSecond, endpoint.RequestsPerSecond < 10 ? "0.#" : "0").Raw("/s</small>");
        if (endpoint.Latency is TimeSpan latency)
        {
            html.Raw(" <small>").Number(latency.TotalMilliseconds, latency.TotalMilliseconds < 10 ? "0.#" : "0").Raw(" ms</small>");
        }

        html.Raw("</td>");
        Cell(html, "Under way", endpoint.ActiveRequests.ToString("#,0", CultureInfo.InvariantCulture));
        Cell(html, "Waiting", endpoint.WaitingRequests.ToString("#,0", CultureInfo.InvariantCulture));
        Cell(html, "Connections", endpoint.OpenConnections.ToString("#,0", CultureInfo.InvariantCulture));
        Cell(html, "Reuse", Reuse(endpoint.TotalRequests, endpoint.TotalConnections));
        html.Raw("<td data-l=\"Lately\">").Add(lane)
            .Raw("</td><td data-l=\"Why\" class=\"why\">").Text(Words.Why(endpoint, isStale, now)).Raw("</td></tr>");
    }

    private static void Gone(Html html, IGrouping<IPEndPoint, DnsAwareChange> gone, Html lane, DateTimeOffset now)
    {
        DnsAwareChange.EndpointLeft? left = gone.OfType<DnsAwareChange.EndpointLeft>().LastOrDefault();
        html.Raw("<tr class=\"e-gone\"><th scope=\"row\">").Text(gone.Key.ToString())
            .Raw("</th><td data-l=\"State\"><span class=\"badge\">Gone</span></td><td class=\"wide\"></td><td class=\"n\"></td>")
            .Raw("<td class=\"n\"></td>")
            .Raw("<td class=\"n\"></td><td class=\"n\"></td><td data-l=\"Lately\">").Add(lane)
            .Raw("</td><td data-l=\"Why\" class=\"why\">");
        if (left is not null)
        {
            html.Text($"{left.Detail}, {Words.Of(now - left.At)} ago");
        }

        html.Raw("</td></tr>");
    }

    private static void Cell(Html html, string label, string value) =>
        html.Raw("<td class=\"n\" data-l=\"").Text(label).Raw("\">").Text(value).Raw("</td>");

    /// <summary>Requests for each connection that was opened.</summary>
    public static string Reuse(long requests, long connections) =>
        connections == 0 ? "–" : $"{Ratio((double)requests / connections)}×";

    private static string Ratio(double ratio) => ratio.ToString(ratio < 10 ? "0.#" : "#,0", CultureInfo.InvariantCulture);

    private static string KindOf(EndpointSnapshot endpoint) =>
        endpoint.State is EndpointState.Draining ? "drain"
        : endpoint.State is EndpointState.Failing or EndpointState.Ejected || !endpoint.HasRoute ? "fail"
        : endpoint.IsPreferred ? "on"
        : "spare";

    private static string Label(EndpointSnapshot endpoint) =>
        !endpoint.HasRoute ? "No route"
        : endpoint is { IsPreferred: false, State: EndpointState.Ready or EndpointState.Idle } ? "Spare"
        : endpoint.State.ToString();

    private static IPEndPoint? AddressOf(DnsAwareChange change) => change switch
    {
        DnsAwareChange.EndpointJoined joined => joined.Address,
        DnsAwareChange.EndpointLeft left => left.Address,
        DnsAwareChange.DrainEnded ended => ended.Address,
        DnsAwareChange.EndpointFailing failing => failing.Address,
        DnsAwareChange.EndpointEjected ejected => ejected.Address,
        DnsAwareChange.EndpointReturned returned => returned.Address,
        DnsAwareChange.EndpointRecovered recovered => recovered.Address,
        _ => null,
    };
}
