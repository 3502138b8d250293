using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Membership;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Origins;

/// <summary>Keeps one pool for each member: makes those that are missing and tells which are to go. Not safe for concurrent use; its cluster calls it under its lock.</summary>
/// <param name="owner">Whose pools they are.</param>
/// <param name="settings">Membership, filter and log.</param>
/// <param name="factory">Makes pools.</param>
/// <param name="healthChanged">Told when a pool is to be avoided from now on, or no more.</param>
/// <param name="renewalDue">Told when a pool's connections have served as many requests as they may.</param>
/// <param name="wholeIsWarm">Whether there are warm pools besides these members'.</param>
internal sealed class EndpointReconciler(
    PoolOwner owner, ClusterSettings settings, EndpointPoolFactory factory, Action<EndpointPool> healthChanged, Action<EndpointPool> renewalDue, Func<bool> wholeIsWarm)
{
    private readonly Func<IPAddress, bool>? _filter = settings.Options.AddressFilter;
    private readonly ILogger _logger = settings.Logger;
    private readonly Dictionary<IPAddress, EndpointPool> _pools = [];
    private Members _members = Members.None;
    private int _lingering;

    public bool HasMembers => !_members.All.IsEmpty;

    /// <summary>The members' pools, in the order in which they are tried.</summary>
    public ImmutableArray<EndpointPool> Pools { get; private set; } = [];

    private IEnumerable<Member> Lingering => _members.All.Where(member => member.Absences > 0);

    /// <summary>Addresses that may be dialled.</summary>
    public ImmutableArray<IPAddress> Allowed(ImmutableArray<IPAddress> addresses) => _filter is null ? addresses : [.. addresses.Where(IsAllowed)];

    /// <summary>Takes in one more answer.</summary>
    /// <param name="addresses">Its addresses that may be dialled; at least one.</param>
    /// <param name="isComplete">Whether they are known to be all there are.</param>
    /// <param name="now">When it arrived.</param>
    /// <returns>The pools that are to drain, once nobody is offered them any more.</returns>
    /// <param name="family">The family that won when both were dialled.</param>
    public ImmutableArray<(EndpointPool Pool, string Reason)> Apply(ImmutableArray<IPAddress> addresses, bool isComplete, DateTimeOffset now, AddressFamily family)
    {
        ImmutableArray<(EndpointPool Pool, string Reason)> leaving = Become(settings.Membership.Decide(_members, addresses, isComplete, now));
        foreach (EndpointPool pool in _pools.Values)
        {
            pool.ForgetMisdirected();
        }

        foreach (Member member in _members.All.Where(member => member.Absences == 0))
        {
            _pools[member.Address].ForgetFarewell();
        }

        foreach (Member member in _members.All)
        {
            _pools[member.Address].OpensConnections = member.Absences == 0 || settings.Membership.AbsentOpenConnections;
            _pools[member.Address].Membership = member.Reason;
        }

        CountLingering();

        Order(family);
        return leaving;
    }

    /// <summary>Lets those go that the latest answer lacks and that say farewell themselves: they refuse, break or end connections, or nobody needs them.</summary>
    /// <param name="idleTimeout">Without a connection or a request for this long nobody needs one.</param>
    public ImmutableArray<(EndpointPool Pool, string Reason)> LetAbsentGo(TimeSpan idleTimeout)
    {
        List<(EndpointPool Pool, string Reason)>? leaving = null;
        foreach (Member member in Lingering)
        {
            if (_members.All.Length > 1 && _pools[member.Address].LookForFarewell(idleTimeout) is string farewell)
            {
                (leaving ??= []).Add((Remove(member.Address), $"absent and {farewell}"));
                _members = _members with { All = _members.All.Remove(member), Departed = [] };
            }
        }

        if (leaving is null)
        {
            return [];
        }

        Pools = [.. Pools.Where(Has)];
        CountLingering();
        return [.. leaving];
    }

    /// <summary>Lets all members go.</summary>
    public ImmutableArray<(EndpointPool Pool, string Reason)> Clear(string reason)
    {
        ImmutableArray<(EndpointPool Pool, string Reason)> leaving = [.. _members.All.Select(member => (Remove(member.Address), reason))];
        _members = Members.None;
        Pools = [];
        CountLingering();
        return leaving;
    }

    /// <summary>Orders the pools by RFC 6724, the families taking turns.</summary>
    /// <param name="family">The family that won when both were dialled: it begins.</param>
    public void Order(AddressFamily family)
    {
        ImmutableArray<IPAddress> order = AddressOrder.Sort(
            [.. _members.All.Select(member => member.Address)], settings.Sources, settings.Rotation, family, out int routable);
        for (int i = 0; i < order.Length; i++)
        {
            _pools[order[i]].HasRoute = i < routable;
        }

        Pools = [.. order.Select(address => _pools[address])];
    }

    /// <summary>Whether it is a member's pool now.</summary>
    public bool Has(EndpointPool pool) => _pools.TryGetValue(pool.Address.Address, out EndpointPool? current) && current == pool;

    /// <summary>A pool that could take the place of another one of the same address; null when that one is no member's any more.</summary>
    public EndpointPool? MakeSuccessor(EndpointPool pool, bool wasSilent) => Has(pool) ? factory.Make(pool.Address.Address, wasSilent) : null;

    /// <summary>Puts a pool in the place of another one of the same address.</summary>
    /// <returns>False when that one is no member's any more.</returns>
    public bool Replace(EndpointPool pool, EndpointPool successor)
    {
        if (!Has(pool))
        {
            return false;
        }

        successor.HasRoute = pool.HasRoute;
        successor.Membership = pool.Membership;
        successor.OpensConnections = pool.OpensConnections;
        Adopt(successor);
        Pools = Pools.Replace(pool, successor);
        return true;
    }

    private ImmutableArray<(EndpointPool Pool, string Reason)> Become(Members next)
    {
        bool othersAreWarm = _pools.Values.Any(pool => pool is { Share: 1, Status.State: EndpointState.Ready }) || wholeIsWarm();
        foreach (Member member in next.All)
        {
            if (!_pools.ContainsKey(member.Address))
            {
                EndpointPool pool = factory.Make(member.Address);
                if (othersAreWarm)
                {
                    pool.StartSlowly();
                }

                Adopt(pool);
                DnsAwareMetrics.EndpointJoined(owner.Host, owner.Port);
                _logger.EndpointJoined(owner.Name, member.Address);
            }
        }

        _members = next;
        return [.. next.Departed.Select(departure => (Remove(departure.Address), departure.Detail))];
    }

    private void CountLingering()
    {
        int lingering = Lingering.Count();
        DnsAwareMetrics.EndpointsLinger(owner.Host, owner.Port, lingering - _lingering);
        _lingering = lingering;
    }

    private void Adopt(EndpointPool pool)
    {
        pool.HealthChanged = healthChanged;
        pool.RenewalDue = renewalDue;
        _pools[pool.Address.Address] = pool;
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
            if (ApplicationCode.Ask(_filter!, address))
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
