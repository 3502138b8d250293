using System.Security.Cryptography;
using System.Text;

namespace DnsAwareHttp.AspNetCore.Page;

/// <summary>One origin of one handler.</summary>
internal static class OriginSection
{
    private const int MaxChanges = 6;

    public static Section Render(OriginStatus status)
    {
        (OriginSnapshot origin, DateTimeOffset now) = (status.Origin, status.Now);
        string id = IdOf(status);
        Html html = new();
        string verdict = status.Verdict.ToString().ToLowerInvariant();
        html.Raw($"<section id=\"{id}\" class=\"origin v-{verdict}\" aria-labelledby=\"{id}-h\"><h2 id=\"{id}-h\">")
            .Text(origin.Origin).Raw(" <small>").Text(status.Client).Raw("</small></h2>");
        if (OriginVerdicts.Describe(origin) is { Length: > 0 } problem)
        {
            html.Raw("<p class=\"problem\"><b>").Text(LabelOf(status.Verdict)).Raw(":</b> ").Text(problem).Raw("</p>");
        }

        Dns(html, origin, now);
        html.Raw("<div class=\"scroll\">").Add(EndpointTable.Render(origin, status.Changes, now)).Raw("</div>");
        History(html, status);
        return new Section(id, html.Raw("</section>").ToString());
    }

    private static void Dns(Html html, OriginSnapshot origin, DateTimeOffset now)
    {
        html.Raw("<p class=\"dns\"><span class=\"k\">DNS</span> ");
        if (origin.Answer is not AnswerSnapshot answer)
        {
            html.Raw("no answer yet</p>");
            return;
        }

        html.Raw("<b>").Text(origin.Host).Raw("</b>: <b>").Text(answer.Latest.ToString()).Raw("</b>");
        if (answer.Source.Length > 0)
        {
            html.Raw(" from ").Text(answer.Source);
        }

        if (answer.ReceivedAt is DateTimeOffset received)
        {
            html.Text(answer.IsStale ? $", last good answer {Words.Of(now - received)} ago" : $", asked {Words.Of(now - received)} ago");
        }

        html.Text(answer.NextQuestionAt > now ? $". Asked again in {Words.Of(answer.NextQuestionAt - now)}" : ". Asked again now")
            .Text($". Membership: {origin.Membership.ToString().ToLowerInvariant()}.").Raw("</p>");
    }

    private static void History(Html html, OriginStatus status)
    {
        if (status.Changes.Count == 0)
        {
            return;
        }

        html.Raw("<h3>Latest changes</h3><ol class=\"changes\">");
        foreach (DnsAwareChange change in status.Changes.Reverse().Take(MaxChanges))
        {
            html.Raw("<li><time>").Text(Words.Clock(change.At)).Raw("</time> ").Text(Words.Of(change)).Raw("</li>");
        }

        html.Raw("</ol>");
    }

    private static string LabelOf(OriginVerdict verdict) => verdict switch
    {
        OriginVerdict.Down => "Down",
        OriginVerdict.Degraded => "Degraded",
        _ => "Note",
    };

    // Names may have any character. An id has none that means something.
    private static string IdOf(OriginStatus status)
    {
        byte[] whole = Encoding.UTF8.GetBytes($"{status.Client}\n{status.Number}\n{status.Origin.Origin}");
        return $"o{Convert.ToHexStringLower(SHA256.HashData(whole).AsSpan(0, 8))}";
    }
}
