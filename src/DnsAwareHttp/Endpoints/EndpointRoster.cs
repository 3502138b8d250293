using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Membership;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Endpoints;

/// <summary>The members of one name, each with its pool: makes pools for new members and tells which pools leave.</summary>
/// <param name="scope">The origin.</param>
/// <param name="sync">The origin's lock: it is held in each call.</param>
/// <param name="policy">Decides who is a member.</param>
/// <param name="factory">Makes pools.</param>
/// <param name="observer">Hears of changes of the pools.</param>
/// <param name="othersAreWarm">Whether the origin has warm pools besides these members'.</param>
/// <param name="priorityOf">The priorities of addresses; null: all are alike.</param>
internal sealed class EndpointRoster(
    OriginScope scope, OrderedLock sync, IMembershipPolicy policy, EndpointPoolFactory factory, IPoolObserver observer,
    Func<bool> othersAreWarm, Func<IPAddress, int>? priorityOf = null)
{
    /// <summary>
    /// The order of members that stay is this old at most. To order them asks the system for the route to each, which costs more than all
    /// the rest of an answer. A route that is lost meanwhile shows as failed connects, and the next answer orders the members again.
    /// </summary>
    public static readonly TimeSpan MaxAgeOfOrder = TimeSpan.FromMinutes(5);

    private readonly Dictionary<IPAddress, EndpointPool> _pools = [];
    private DateTimeOffset _orderedAt;
    private Members _members = Members.None;
    private int _sources;

    // When an answer first lacked each member that the latest one lacks, too.
    private readonly Dictionary<IPAddress, DateTimeOffset> _absentSince = [];

    public bool HasMembers => !_members.All.IsEmpty;

    /// <summary>The members, in the order in which they are tried.</summary>
    public ImmutableArray<EndpointPlacement> Placements { get; private set; } = [];

    /// <summary>The members' pools, in the order in which they are tried.</summary>
    public ImmutableArray<EndpointPool> Pools => [.. Placements.Select(placement => placement.Pool)];

    /// <summary>
    /// Whether the latest answer left all as it was: the members, their order, and all that <see cref="Placements"/> says of them. The
    /// answer itself counts all the same: the members were seen once more, and the policy has one more answer in its memory.
    /// </summary>
    public bool IsUnchanged { get; private set; }

    private IEnumerable<Member> Lingering => _members.All.Where(member => member.Absences > 0);

    /// <summary>Takes in one more answer.</summary>
    /// <param name="addresses">The addresses that may be dialled; at least one.</param>
    /// <param name="isComplete">Whether they are known to be all there are.</param>
    /// <param name="family">The family that won when both were dialled.</param>
    /// <param name="sources">Tells answers of other sources apart: the history of the answers ends when it changes.</param>
    /// <returns>The pools that are to drain, once they are offered no longer.</returns>
    public ImmutableArray<Departure> Apply_NeedsLock(
        ImmutableArray<IPAddress> addresses, bool isComplete, AddressFamily family, int sources)
    {
        sync.AssertHeld();
        Members before = sources == _sources ? _members : _members.WithoutHistory();
        (bool mayStay, int count) = (sources == _sources && MayStay_NeedsLock(), _pools.Count);
        _sources = sources;
        NoteAbsent_NeedsLock(addresses);
        ImmutableArray<Departure> leaving = Become_NeedsLock(policy.Decide(before, addresses, isComplete, scope.Clock.Now));
        foreach (Member member in _members.All)
        {
            EndpointPool pool = _pools[member.Address];
            pool.OnNamedAgain();
            pool.AllowConnects(member.Absences == 0 || policy.AbsentOpenConnections);
            if (member.Absences == 0)
            {
                pool.ForgetDepartureSigns();
            }
        }

        // Nobody left: then members joined exactly if there are more.
        IsUnchanged = mayStay && leaving.IsEmpty && _pools.Count == count && !Lingering.Any();
        if (!IsUnchanged)
        {
            Order_NeedsLock(family);
        }

        return leaving;
    }

    // A new order could differ if an address had no route or cannot be connected to, or if it is long ago. An address that was avoided for
    // its answer 421 is offered again.
    private bool MayStay_NeedsLock()
    {
        sync.AssertHeld();
        if (Placements.IsEmpty || scope.Clock.Now - _orderedAt >= MaxAgeOfOrder)
        {
            return false;
        }

        foreach (EndpointPlacement placement in Placements)
        {
            if (!placement.HasRoute || placement.IsLingering || placement.Priority != PriorityOf(placement.Pool)
                || placement.Pool.Health is { State: EndpointState.Failing } or { IsMisdirected: true })
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Lets members go that the latest answer lacks and whose connections show that their server is gone, or is not needed.
    /// </summary>
    public ImmutableArray<Departure> ReleaseAbsent_NeedsLock()
    {
        sync.AssertHeld();
        ImmutableArray<Departure> leaving = [];
        foreach (Member member in Lingering)
        {
            EndpointPool pool = _pools[member.Address];
            if (_members.All.Length > 1 && pool.FindDepartureSign(scope.IdleTimeout) is (DepartureReason reason, string sign))
            {
                _members = _members.Without(member.Address, reason, sign);
                leaving = leaving.Add(Leave_NeedsLock(member.Address, reason, $"absent and {sign}"));
            }
        }

        if (!leaving.IsEmpty)
        {
            Placements = [.. Placements.Where(placement => Has_NeedsLock(placement.Pool))];
        }

        return leaving;
    }

    /// <summary>Lets all members go.</summary>
    public ImmutableArray<Departure> Clear_NeedsLock(DepartureReason reason, string detail)
    {
        sync.AssertHeld();
        ImmutableArray<Departure> leaving = Become_NeedsLock(_members.Without(reason, detail));
        Placements = [];
        return leaving;
    }

    /// <summary>Orders the members.</summary>
    /// <param name="family">The family that won when both were dialled: it begins.</param>
    public void Order_NeedsLock(AddressFamily family)
    {
        sync.AssertHeld();
        _orderedAt = scope.Clock.Now;
        Dictionary<IPAddress, Member> members = _members.All.ToDictionary(member => member.Address);
        ImmutableArray<IPAddress> order = scope.Order.Sort([.. _members.All.Select(member => member.Address)], family, out int routable);
        Placements =
        [
            .. order.Select((address, index) =>
                new EndpointPlacement(_pools[address])
                {
                    HasRoute = index < routable,
                    Priority = PriorityOf(_pools[address]),
                    Membership = members[address].Reason,
                    IsLingering = members[address].Absences > 0,
                }),
        ];
    }

    /// <summary>Whether it is a member's pool now.</summary>
    public bool Has_NeedsLock(EndpointPool pool)
    {
        sync.AssertHeld();
        return _pools.TryGetValue(pool.Address.Address, out EndpointPool? current) && current == pool;
    }

    /// <summary>Makes a pool that can replace another one of the same address; null when that one is no member's any more.</summary>
    public EndpointPool? MakeSuccessor_NeedsLock(EndpointPool pool, bool wasSilent)
    {
        sync.AssertHeld();
        return Has_NeedsLock(pool) ? factory.Make(pool.Address.Address, observer, wasSilent: wasSilent) : null;
    }

    /// <summary>Puts a pool in the place of another one of the same address, which is a member's.</summary>
    public void Replace_NeedsLock(EndpointPool pool, EndpointPool successor)
    {
        sync.AssertHeld();
        Member member = _members.All.Single(member => member.Address.Equals(pool.Address.Address));
        successor.AllowConnects(member.Absences == 0 || policy.AbsentOpenConnections);
        _pools[member.Address] = successor;
        Placements = [.. Placements.Select(placement => placement.Pool == pool ? placement with { Pool = successor } : placement)];
        OnJoined_NeedsLock(successor);
    }

    private int PriorityOf(EndpointPool pool) => priorityOf?.Invoke(pool.Address.Address) ?? 0;

    private void OnJoined_NeedsLock(EndpointPool pool)
    {
        sync.AssertHeld();
        scope.Metrics.OnJoined();
        scope.Journal.Note(new DnsAwareChange.EndpointJoined { At = scope.Clock.Now, Origin = scope.Owner.Name, Address = pool.Address });
    }

    private ImmutableArray<Departure> Become_NeedsLock(Members next)
    {
        sync.AssertHeld();
        bool startsSlowly = _pools.Values.Any(pool => pool.IsWarm) || othersAreWarm();
        IPAddress[] joining = [.. next.All.Select(member => member.Address).Where(address => !_pools.ContainsKey(address))];
        foreach (IPAddress address in joining)
        {
            _pools[address] = factory.Make(address, observer, startsSlowly);
            OnJoined_NeedsLock(_pools[address]);
        }

        if (joining.Length > 0)
        {
            scope.Logger.EndpointsJoined(scope.Owner.Name, Examples.Of(joining), next.All.Length);
        }

        _members = next;
        return [.. next.Departed.Select(departure => Leave_NeedsLock(departure.Address, departure.Reason, departure.Detail))];
    }

    private void NoteAbsent_NeedsLock(ImmutableArray<IPAddress> answer)
    {
        sync.AssertHeld();
        foreach (IPAddress address in answer)
        {
            _absentSince.Remove(address);
        }

        foreach (IPAddress address in _pools.Keys.Except(answer))
        {
            _absentSince.TryAdd(address, scope.Clock.Now);
        }
    }

    // An address that returns gets a new pool: a draining one never comes back.
    private Departure Leave_NeedsLock(IPAddress address, DepartureReason reason, string detail)
    {
        sync.AssertHeld();
        _pools.Remove(address, out EndpointPool? pool);
        bool wasAbsent = _absentSince.Remove(address, out DateTimeOffset since);
        return new Departure(pool!, reason, detail) { AbsentSince = wasAbsent ? since : null };
    }
}
