using DnsAwareHttp.Balancing;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Membership;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Endpoints;

/// <summary>Finds endpoints whose peer went silent, and has their pools replaced.</summary>
/// <param name="scope">The origin.</param>
/// <param name="replacement">Replaces pools.</param>
/// <param name="hint">Called when a pool was replaced: the answer about its address may be old.</param>
internal sealed class SilenceWatch(OriginScope scope, PoolReplacement replacement, Action hint)
{
    private const string Silent = "its peer acknowledges nothing";

    /// <summary>The number of endpoints that are dialled at once while only the silent endpoint is connected.</summary>
    private const int MaxDialled = 6;

    /// <summary>Samples some endpoints. For one caller at a time.</summary>
    /// <param name="endpoints">The endpoints.</param>
    /// <param name="whole">All endpoints of the origin, which may take their requests.</param>
    public void Sample(EndpointSet endpoints, EndpointSet whole)
    {
        foreach (EndpointPool pool in endpoints.All)
        {
            if (pool.SampleForSilence())
            {
                Replace(pool, [.. whole.Preferred.Where(other => other != pool)]);
            }
        }
    }

    private void Replace(EndpointPool pool, EndpointPool[] others)
    {
        if (!Array.Exists(others, other => other.IsConnected))
        {
            // The silent pool is kept until a new connection is open: the whole network may be silent, and come back before that.
            foreach (EndpointPool other in others.Take(MaxDialled))
            {
                _ = other.DialAheadAsync();
            }

            replacement.Begin(pool, DepartureReason.PeerSilent, Silent);
            return;
        }

        long requests = pool.ActiveRequests;
        if (replacement.ReplaceNow(pool, DepartureReason.PeerSilent, Silent))
        {
            scope.Logger.EndpointSilent(scope.Owner.Name, pool.Address.Address, requests, pool.OpenConnections);
            pool.AbandonDials();
            hint();
        }
    }
}
