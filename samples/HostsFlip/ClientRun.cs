using System.Net;

namespace HostsFlip;

/// <summary>All requests of one client, and what can be told from them.</summary>
internal sealed class ClientRun(IReadOnlyList<Outcome> outcomes)
{
    public IReadOnlyList<Outcome> Outcomes => outcomes;

    public IReadOnlyList<Outcome.Answered> Answers { get; } = [.. outcomes.OfType<Outcome.Answered>().OrderBy(answer => answer.Ended)];

    public IReadOnlyList<Outcome.Failed> Failures { get; } = [.. outcomes.OfType<Outcome.Failed>().OrderBy(failure => failure.Ended)];

    /// <summary>Who answered, in the order of their first answers.</summary>
    public IReadOnlyList<IPAddress> Addresses => [.. Answers.Select(answer => answer.Server).Distinct()];

    /// <summary>The longest time from a request to its end.</summary>
    public TimeSpan LongestWait => outcomes.Select(outcome => outcome.Ended - outcome.Sent).DefaultIfEmpty().Max();

    /// <summary>How many requests that were sent after <paramref name="moment"/> <paramref name="server"/> answered.</summary>
    public int AnswersOf(IPAddress server, TimeSpan moment) => Answers.Count(answer => answer.Server.Equals(server) && answer.Sent > moment);

    /// <summary>The first request since which <paramref name="server"/> has answered everything that was answered; null if there is none.</summary>
    public TimeSpan? MovedAt(IPAddress server)
    {
        TimeSpan lastElsewhere = Answers.Where(answer => !answer.Server.Equals(server)).Select(answer => answer.Sent).DefaultIfEmpty(TimeSpan.MinValue).Max();
        return Answers.Where(answer => answer.Server.Equals(server) && answer.Sent > lastElsewhere).Select(answer => (TimeSpan?)answer.Sent).Min();
    }

    /// <summary>When <paramref name="server"/> gave its first answer; null if it never did.</summary>
    public TimeSpan? FirstAnswerOf(IPAddress server) => Answers.FirstOrDefault(answer => answer.Server.Equals(server))?.Ended;

    /// <summary>Whether a request that was sent after <paramref name="server"/> had given its first answer was answered by another.</summary>
    public bool WentBackFrom(IPAddress server) =>
        FirstAnswerOf(server) is TimeSpan first && Answers.Any(answer => answer.Sent > first && !answer.Server.Equals(server));
}
