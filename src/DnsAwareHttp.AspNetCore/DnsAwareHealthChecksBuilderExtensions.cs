using DnsAwareHttp.AspNetCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the health check of DnsAwareHttp.</summary>
public static class DnsAwareHealthChecksBuilderExtensions
{
    /// <summary>Adds a check of the origins that the handlers of the container use.</summary>
    /// <remarks>
    /// <para>Unhealthy: an origin in use has no endpoint that takes requests. No address is known, or all fail.</para>
    /// <para>Degraded: the name of an origin in use is served stale, because questions about it fail; or more than half of its endpoints
    /// fail.</para>
    /// <para>The data of the result has a line for each such origin, 20 at most. The check sends no request.</para>
    /// </remarks>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="failureStatus">In place of unhealthy, where one is given.</param>
    /// <param name="tags">The tags of the check.</param>
    /// <param name="inUseFor">An origin is in use for so long after its last request. Null: 1 minute.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="inUseFor"/> is not positive.</exception>
    public static IHealthChecksBuilder AddDnsAwareHttp(
        this IHealthChecksBuilder builder, string name = "dns-aware-http", HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null, TimeSpan? inUseFor = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        TimeSpan used = inUseFor ?? TimeSpan.FromMinutes(1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(used, TimeSpan.Zero, nameof(inUseFor));
        return builder.Add(new HealthCheckRegistration(
            name, services => new DnsAwareHealthCheck(new StatusSource(services), used), failureStatus, tags));
    }
}
