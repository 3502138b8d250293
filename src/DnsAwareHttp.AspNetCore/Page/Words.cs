using System.Globalization;

namespace DnsAwareHttp.AspNetCore.Page;

/// <summary>Numbers and times in words, the same for every reader.</summary>
internal static class Words
{
    /// <summary>A new endpoint has its full share after this time.</summary>
    private static readonly TimeSpan MaxRampUp = TimeSpan.FromSeconds(11);

    /// <summary>As in <c>12 s</c>, <c>3 min</c>, <c>2 h</c>.</summary>
    public static string Of(TimeSpan time)
    {
        double seconds = Math.Max(0, time.TotalSeconds);
        return seconds < 1 ? "under 1 s"
            : seconds < 120 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(seconds)} s")
            : seconds < 7200 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(seconds / 60)} min")
            : seconds < 172800 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(seconds / 3600)} h")
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(seconds / 86400)} days");
    }

    public static string Count(long number, string one, string many) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:#,0} {(number == 1 ? one : many)}");

    public static string Clock(DateTimeOffset at) => at.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>Why an endpoint takes requests or not, and what happens to it next.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="isStale">Whether the latest question failed.</param>
    /// <param name="now">The time.</param>
    public static string Why(EndpointSnapshot endpoint, bool isStale, DateTimeOffset now) => endpoint switch
    {
        { Drain: DrainSnapshot drain } => $"{endpoint.Membership}. Drains for {Of(now - drain.Since)}: {Progress(endpoint, drain, now)}",
        { State: EndpointState.Draining } => endpoint.Reason,
        { State: EndpointState.Failing } => $"{endpoint.Reason}. Fails for {Of(now - endpoint.Since)}; tried again in the background",
        { State: EndpointState.Ejected } =>
            $"{endpoint.Reason}. Ejected for {Of(now - endpoint.Since)}, ejection {endpoint.EjectionsInARow} in a row; "
            + (endpoint.EjectedUntil > now
                ? $"one request tries it in {Of(endpoint.EjectedUntil.Value - now)}"
                : "the next request tries it"),
        { HasRoute: false } => "this host has no route to it",
        { IsPreferred: false } when endpoint.Priority > 0 => $"priority {endpoint.Priority}: used when the endpoints before it fail",
        { IsPreferred: false, Probe: ProbeState.Awaited } => "new: its first probe is awaited, the others take its requests",
        { IsPreferred: false } => endpoint.Reason,
        { RampUp: < 1 } when now - endpoint.Since > MaxRampUp =>
            $"takes {endpoint.RampUp * 100:0} % of its share, because requests failed a moment ago; {endpoint.Membership}",
        { RampUp: < 1 } => $"new: takes {endpoint.RampUp * 100:0} % of its share; {endpoint.Membership}",
        { Membership: "present" } =>
            $"in the {(isStale ? "last good" : "latest")} answer; {endpoint.Reason}, {Of(now - endpoint.Since)} ago",
        _ => endpoint.Membership,
    };

    /// <summary>A change as one line.</summary>
    public static string Of(DnsAwareChange change) => change switch
    {
        DnsAwareChange.EndpointJoined joined => $"{joined.Address} joined",
        DnsAwareChange.EndpointLeft left =>
            $"{left.Address} left: {left.Detail} ({Count(left.ActiveRequests, "request", "requests")}, "
            + $"{Count(left.OpenConnections, "connection", "connections")} to drain)",
        DnsAwareChange.EndpointEjected ejected => $"{ejected.Address} is ejected until {Clock(ejected.Until)}: {ejected.Reason}",
        DnsAwareChange.EndpointReturned returned => $"{returned.Address} answers well again; it was ejected for {Of(returned.EjectedFor)}",
        DnsAwareChange.DrainEnded ended =>
            $"{ended.Address} drained in {Of(ended.Duration)}"
            + (ended.Cut > 0 ? $"; {Count(ended.Cut, "connection was", "connections were")} cut" : ""),
        DnsAwareChange.EndpointFailing failing => $"{failing.Address} fails: {failing.Reason}",
        DnsAwareChange.EndpointRecovered recovered => $"{recovered.Address} is ready again after {Of(recovered.FailedFor)}",
        DnsAwareChange.LookupFailed failed => $"{failed.Name} has no answer: {failed.Reason}",
        DnsAwareChange.LookupRecovered recovered =>
            $"{recovered.Name} has an answer again after {Count(recovered.Failures, "failure", "failures")}",
        DnsAwareChange.AnswerChanged answer => $"{answer.Name}: {answer.Answer}",
        _ => change.GetType().Name,
    };

    private static string Progress(EndpointSnapshot endpoint, DrainSnapshot drain, DateTimeOffset now) =>
        $"{endpoint.OpenConnections} of "
        + $"{Count(Math.Max(drain.ConnectionsAtStart, endpoint.OpenConnections), "connection", "connections")} left"
        + (drain.CutAt is DateTimeOffset cut ? $", cut in {Of(cut - now)}" : "");
}
