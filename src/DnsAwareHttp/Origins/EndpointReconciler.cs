using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Membership;
using DnsAwareHttp.Pools;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Origins;

/// <summary>Keeps one pool for each member: makes those that are missing and tells which are to go. Not safe for concurrent use; its cluster calls it under its lock.</summary>
/// <param name="owner">Whose pools they are.</param>
/// <param name="settings">Membership, filter and log.</param>
/// <param name="factory">Makes pools.</param>
/// <param name="healthChanged">Told when a pool begins to fail or connects again.</param>
internal sealed class EndpointReconciler(PoolOwner owner, ClusterSettings settings, EndpointPoolFactory factory, Action<EndpointPool> healthChanged)
{
    private readonly Func<IPAddress, bool>? _filter = settings.Options.AddressFilter;
    private readonly ILogger _logger = settings.Logger;
    private readonly Dictionary<IPAddress, EndpointPool> _pools = [];
    private Members _members = Members.None;

    public bool HasMembers => !_members.All.IsEmpty;

    /// <summary>The members' pools, in the members' order.</summary>
    public ImmutableArray<EndpointPool> Pools => [.. _members.All.Select(member => _pools[member.Address])];

    /// <summary>Addresses that may be dialled.</summary>
    public ImmutableArray<IPAddress> Allowed(ImmutableArray<IPAddress> addresses) => _filter is null ? addresses : [.. addresses.Where(IsAllowed)];

    /// <summary>Takes in one more answer.</summary>
    /// <param name="addresses">Its addresses that may be dialled; at least one.</param>
    /// <param name="isComplete">Whether they are known to be all there are.</param>
    /// <param name="now">When it arrived.</param>
    /// <returns>The pools that are to drain, once nobody is offered them any more.</returns>
    public ImmutableArray<(EndpointPool Pool, string Reason)> Apply(ImmutableArray<IPAddress> addresses, bool isComplete, DateTimeOffset now) =>
        Become(settings.Membership.Decide(_members, addresses, isComplete, now));

    /// <summary>Lets all members go.</summary>
    public ImmutableArray<(EndpointPool Pool, string Reason)> Clear(string reason) => Become(_members.Without(reason));

    private ImmutableArray<(EndpointPool Pool, string Reason)> Become(Members next)
    {
        foreach (Member member in next.All)
        {
            if (!_pools.ContainsKey(member.Address))
            {
                EndpointPool pool = factory.Make(member.Address);
                pool.HealthChanged = healthChanged;
                _pools.Add(member.Address, pool);
                DnsAwareMetrics.EndpointJoined(owner.Host, owner.Port);
                _logger.EndpointJoined(owner.Name, member.Address);
            }
        }

        _members = next;
        return [.. next.Departed.Select(departure => (Remove(departure.Address), departure.Reason))];
    }

    // An address that returns gets a new pool: a draining one never comes back.
    private EndpointPool Remove(IPAddress address)
    {
        _ = _pools.Remove(address, out EndpointPool? pool);
        return pool!;
    }

    private bool IsAllowed(IPAddress address)
    {
        try
        {
            if (_filter!(address))
            {
                return true;
            }

            _logger.AddressRefused(owner.Name, address);
        }
        catch (Exception exception)
        {
            _logger.AddressFilterThrew(owner.Name, address, exception);
        }

        return false;
    }
}
