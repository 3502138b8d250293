using System.Globalization;

namespace DnsAwareHttp.AspNetCore.Page;

/// <summary>The whole process in a few numbers.</summary>
internal static class SummarySection
{
    public static Section Render(IReadOnlyList<KeyValuePair<string, DnsAwareSnapshot>> snapshots, IReadOnlyList<OriginStatus> origins)
    {
        EndpointSnapshot[] endpoints = [.. origins.SelectMany(static status => status.Origin.Endpoints)];
        int Count(Func<EndpointSnapshot, bool> condition) => endpoints.Count(condition);
        int down = origins.Count(static status => status.Verdict is OriginVerdict.Down);
        int degraded = origins.Count(static status => status.Verdict is OriginVerdict.Degraded);
        int failing = Count(static endpoint => endpoint.State is not EndpointState.Draining && !OriginVerdicts.IsUsable(endpoint));
        Html html = new();
        string kind = down > 0 ? "v-down" : degraded > 0 ? "v-degraded" : "v-well";
        html.Raw($"<section id=\"summary\" aria-label=\"Summary\"><p class=\"verdict {kind}\">")
            .Text(Verdict(origins.Count, down, degraded)).Raw("</p><dl>");
        Tile(html, "Clients", Number(snapshots.Count));
        Tile(html, "Origins", Number(origins.Count));
        Tile(html, "In use", Number(Count(static endpoint => endpoint.State is not EndpointState.Draining) - failing));
        Tile(html, "Failing", Number(failing), failing > 0 ? "bad" : "");
        Tile(html, "Draining", Number(Count(static endpoint => endpoint.State is EndpointState.Draining)));
        double rate = endpoints.Sum(static endpoint => endpoint.RequestsPerSecond);
        Tile(html, "Requests/s", rate.ToString(rate < 10 ? "0.#" : "#,0", CultureInfo.InvariantCulture));
        Tile(html, "Under way", Number(endpoints.Sum(static endpoint => endpoint.ActiveRequests)));
        Tile(html, "Waiting", Number(endpoints.Sum(static endpoint => endpoint.WaitingRequests)));
        Tile(html, "Connections", Number(endpoints.Sum(static endpoint => (long)endpoint.OpenConnections)));
        Tile(html, "Reuse", EndpointTable.Reuse(
            endpoints.Sum(static endpoint => endpoint.TotalRequests), endpoints.Sum(static endpoint => endpoint.TotalConnections)));
        if (snapshots.Sum(static snapshot => snapshot.Value.PassThroughRequests) is > 0 and long unmanaged)
        {
            Tile(html, "Not managed", Number(unmanaged));
        }

        return new Section("summary", html.Raw("</dl></section>").ToString());
    }

    private static string Verdict(int origins, int down, int degraded) =>
        origins == 0 ? "No request was sent yet."
        : down > 0 ? $"{Words.Count(down, "origin has", "origins have")} no endpoint that takes requests."
        : degraded > 0 ? $"{Words.Count(degraded, "origin is", "origins are")} degraded."
        : "All origins are well.";

    private static string Number(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    private static void Tile(Html html, string name, string value, string kind = "") =>
        html.Raw($"<div class=\"{kind}\"><dt>").Text(name).Raw("</dt><dd>").Text(value).Raw("</dd></div>");
}
