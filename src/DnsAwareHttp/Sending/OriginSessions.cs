using System.Net;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Sending;

/// <summary>Keeps the sessions of one origin on their endpoints.</summary>
/// <param name="origin">The origin.</param>
/// <param name="reader">Finds the session of a request.</param>
/// <param name="table">The sessions of all origins of the handler.</param>
/// <param name="max">The most sessions in the table.</param>
internal sealed class OriginSessions(Origin origin, SessionReader reader, SessionTable table, int max)
{
    /// <summary>The session of a request; null for no session.</summary>
    public string? KeyOf(HttpRequestMessage request) => reader.KeyOf(request);

    /// <summary>The endpoint of a session, if it has begun and its endpoint can be used.</summary>
    public EndpointPool? Find(string key, EndpointSet? set) => FindAt(table.Find(origin, key), set);

    /// <summary>
    /// The endpoint for a request that is about to be sent: the session's own one, or else <paramref name="chosen"/>, where the session
    /// then is.
    /// </summary>
    /// <param name="key">The session.</param>
    /// <param name="chosen">The endpoint that was found for the request.</param>
    /// <param name="set">The endpoints now.</param>
    /// <param name="tried">Endpoints to which the request could not be sent.</param>
    public EndpointPool Stay(string key, EndpointPool chosen, EndpointSet? set, IReadOnlyCollection<EndpointPool> tried)
    {
        while (true)
        {
            IPEndPoint address = table.Begin(origin, key, chosen.Address, max);
            if (address.Equals(chosen.Address))
            {
                return chosen;
            }

            // Another request of the session was sent meanwhile, or its endpoint left.
            if (FindAt(address, set) is EndpointPool own && !tried.Contains(own))
            {
                return own;
            }

            table.Move(origin, key, address, chosen.Address);
        }
    }

    /// <summary>Moves a session to an endpoint that was connected first, because the other one took too long.</summary>
    public void Move(string key, EndpointPool from, EndpointPool to) => table.Move(origin, key, from.Address, to.Address);

    /// <summary>A response that names a session begins it on the endpoint that answered.</summary>
    public void OnAnswered(HttpResponseMessage response, EndpointPool pool)
    {
        if (reader.KeyOf(response) is string key && table.Begin(origin, key, pool.Address, max) is IPEndPoint address
            && !address.Equals(pool.Address))
        {
            table.Move(origin, key, address, pool.Address);
        }
    }

    private static EndpointPool? FindAt(IPEndPoint? address, EndpointSet? set)
    {
        if (address is null || set is null)
        {
            return null;
        }

        foreach (EndpointPlacement placement in set.Placements)
        {
            if (placement.Pool.Address.Equals(address))
            {
                // Where all must be avoided, all count.
                return placement.IsAvoided && !set.Preferred.Contains(placement.Pool) ? null : placement.Pool;
            }
        }

        return null;
    }
}
