namespace DnsAwareHttp.AspNetCore.Page;

/// <summary>The page: a summary, then the origins, those in trouble first. What is rendered is bounded.</summary>
internal static class StatusPage
{
    /// <summary>The most origins with a section of their own.</summary>
    public const int MaxOrigins = 40;

    public static IReadOnlyList<Section> Render(IReadOnlyList<KeyValuePair<string, DnsAwareSnapshot>> snapshots)
    {
        OriginStatus[] all = [.. snapshots.SelectMany(static snapshot => OriginsOf(snapshot.Key, snapshot.Value))];
        OriginStatus[] shown =
        [
            .. all.OrderByDescending(static status => status.Verdict).ThenByDescending(static status => status.Origin.LastUsedAt)
                .Take(MaxOrigins)
                .OrderByDescending(static status => status.Verdict)
                .ThenBy(static status => status.Client, StringComparer.Ordinal)
                .ThenBy(static status => status.Origin.Origin, StringComparer.Ordinal),
        ];
        List<Section> sections = [SummarySection.Render(snapshots, all), .. shown.Select(OriginSection.Render)];
        if (all.Length > shown.Length)
        {
            sections.Add(Rest(all.Length - shown.Length));
        }

        return sections;
    }

    private static IEnumerable<OriginStatus> OriginsOf(string name, DnsAwareSnapshot snapshot)
    {
        ILookup<string, DnsAwareChange> changes = snapshot.Changes.ToLookup(static change => change.Origin, StringComparer.Ordinal);
        string client = name.Length == 0 ? "default client" : name;
        return snapshot.Origins.Select((origin, index) => new OriginStatus(client, origin, OriginVerdicts.Of(origin), snapshot.TakenAt)
        {
            Number = index > 0 && snapshot.Origins[index - 1].Origin == origin.Origin ? 1 : 0,
            Changes = [.. changes[origin.Origin]],
        });
    }

    private static Section Rest(int number) => new(
        "rest",
        new Html().Raw("<p id=\"rest\">").Text(Words.Count(number, "more origin", "more origins")).Raw(" in the JSON.</p>").ToString());
}
