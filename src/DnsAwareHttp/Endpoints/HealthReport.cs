using System.Runtime.CompilerServices;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Endpoints;

/// <summary>Reports that an endpoint of an origin begins to fail, and that it connects again.</summary>
internal sealed class HealthReport(OriginScope scope)
{
    // A pool that leaves while it fails is collected with its entry.
    private readonly ConditionalWeakTable<EndpointPool, object> _failing = [];

    /// <summary>Reports a change of an endpoint's health.</summary>
    /// <param name="pool">The endpoint.</param>
    /// <param name="all">All endpoints that may take the requests of the origin; null for no endpoint.</param>
    public void OnHealthChanged(EndpointPool pool, EndpointSet? all)
    {
        if (pool.Health is { State: EndpointState.Failing, IsOnTrial: false } failing)
        {
            bool isNew = !_failing.TryGetValue(pool, out _);
            _failing.AddOrUpdate(pool, failing.Since);
            if (isNew)
            {
                scope.Journal.Note(new DnsAwareChange.EndpointFailing
                {
                    At = failing.Since,
                    Origin = scope.Owner.Name,
                    Address = pool.Address,
                    Reason = failing.Reason,
                });
            }

            scope.Logger.EndpointFailing(scope.Owner.Name, pool.Address.Address, failing.Reason, Consequence(pool, all));
        }
        else if (pool.Health is { State: EndpointState.Ready } && _failing.TryGetValue(pool, out object? since) && _failing.Remove(pool))
        {
            TimeSpan failedFor = scope.Clock.Now - (DateTimeOffset)since;
            scope.Logger.EndpointRecovered(scope.Owner.Name, pool.Address.Address, failedFor.TotalSeconds);
            scope.Journal.Note(new DnsAwareChange.EndpointRecovered
            {
                At = scope.Clock.Now,
                Origin = scope.Owner.Name,
                Address = pool.Address,
                FailedFor = failedFor,
            });
        }
    }

    private static string Consequence(EndpointPool pool, EndpointSet? all)
    {
        EndpointPool[] others = [.. all?.All.Where(other => other != pool) ?? []];
        int usable = others.Count(static other => other.Health.State is not EndpointState.Failing);
        return others.Length == 0 ? "There is no other address: requests keep trying it"
            : usable == 0 ? $"All {others.Length + 1} addresses fail: requests keep trying them"
            : usable == 1 ? "Requests go to the other address"
            : $"Requests go to the other {usable} addresses";
    }
}
