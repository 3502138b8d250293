using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DnsAwareHttp.AspNetCore;

/// <summary>Judges the origins that are in use.</summary>
internal sealed class DnsAwareHealthCheck(StatusSource source, TimeSpan inUseFor) : IHealthCheck
{
    /// <summary>The most origins that the data names. The description counts all.</summary>
    private const int MaxNamed = 20;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        (string Client, OriginSnapshot Origin, OriginVerdict Verdict)[] bad =
        [
            .. source.Read()
                .SelectMany(client => client.Value.Origins
                    .Where(origin => client.Value.TakenAt - origin.LastUsedAt <= inUseFor)
                    .Select(origin => (client.Key, origin, OriginVerdicts.Of(origin))))
                .Where(static judged => judged.Item3 >= OriginVerdict.Degraded)
                .OrderByDescending(static judged => judged.Item3),
        ];
        Dictionary<string, object> data = [];
        foreach ((string client, OriginSnapshot origin, OriginVerdict _) in bad.Take(MaxNamed))
        {
            data[client.Length == 0 ? origin.Origin : $"{client}: {origin.Origin}"] = OriginVerdicts.Describe(origin);
        }

        int down = bad.Count(static judged => judged.Verdict is OriginVerdict.Down);
        return Task.FromResult(down > 0
            ? new HealthCheckResult(context.Registration.FailureStatus, Say(down, "no endpoint that takes requests"), null, data)
            : bad.Length > 0 ? HealthCheckResult.Degraded(Say(bad.Length, "a stale answer, or mostly failing endpoints"), null, data)
            : HealthCheckResult.Healthy("All origins in use have endpoints that take requests.", data));
    }

    private static string Say(int count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "origin has" : "origins have")} {what}.");
}
