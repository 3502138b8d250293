using System.Collections.Immutable;
using System.Net.Sockets;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Membership;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Services;

/// <summary>The endpoints of an origin that SRV records locate (RFC 2782): the endpoints of all targets, offered as one set.</summary>
/// <remarks>Each target follows its own addresses by their own TTL. The service and its targets share one lock, the origin's.</remarks>
internal sealed class ServiceEndpoints : IOriginEndpoints, IEndpointGroup, IAnswerListener
{
    private readonly string _service;
    private readonly OriginScope _scope;
    private readonly SharedMembership _membership;
    private readonly DnsCache _cache;
    private readonly EndpointPoolFactory _pools;
    private readonly OrderedLock _sync = new(LockRank.Origin);
    private readonly OfferedEndpoints _offered;
    private readonly DepartureHold<NameEndpoints> _hold;
    private readonly GracePeriod _grace;
    private readonly NameSubscription _subscription;
    private readonly RefreshPace _pace = new();
    private readonly RefreshPace _news = new(); // Other targets in each answer: 4 s between two at most.
    private volatile NameEndpoints[] _followed = [];
    private ImmutableArray<NameEndpoints> _targets = [];
    private readonly AnswersFollowed _answers;

    /// <param name="service">The name of the SRV records.</param>
    /// <param name="scope">The origin.</param>
    /// <param name="membership">Decides who is a member, for a number of members.</param>
    /// <param name="cache">Where answers come from.</param>
    /// <param name="pools">Makes pools that ask for the origin's host and port.</param>
    public ServiceEndpoints(
        string service, OriginScope scope, Func<int, IMembershipPolicy> membership, DnsCache cache, EndpointPoolFactory pools)
    {
        _service = service;
        _scope = scope;
        _cache = cache;
        _pools = pools;
        _answers = new AnswersFollowed(scope, service);
        _membership = new SharedMembership(scope.Options.MaxEndpointsPerOrigin, membership);
        _offered = new OfferedEndpoints(scope, _sync);
        (TimeSpan grace, TimeSpan maxHold) = (scope.Options.EmptyAnswerGrace, DepartureHold<NameEndpoints>.MaxHold);
        _hold = new DepartureHold<NameEndpoints>(
            scope, _sync, () => PoolsOf(_targets), static target => PoolsOf([target]).Any(pool => pool.IsConnected), LetGo_NeedsLock)
        {
            // The new targets may have no address yet, or no address at all. That is like a name without an address.
            MaxHoldWithoutReplacement = grace > maxHold ? grace : maxHold,
        };
        _grace = new GracePeriod(scope, _sync, LetAllGo_NeedsLock);
        _subscription = cache.Subscribe(Question.ForService(service), this, pace: _news);
    }

    public EndpointSet? Current => _offered.Current;

    public bool IsClosed => _offered.IsClosed;

    public Task Known => _offered.Known;

    public AddressFamily PreferredFamily =>
        _followed.Select(target => target.PreferredFamily).FirstOrDefault(family => family is not AddressFamily.Unspecified);

    public AnswerSnapshot? LatestAnswer => _subscription.Current is CachedAnswer answer
        ? answer.Snapshot([.. _followed.SelectMany(target => target.LatestAnswer?.Addresses ?? []).Distinct()])
        : null;

    public void Start() => _subscription.Start();

    public async Task<NameAnswer> AskAsync(Freshness freshness = default)
    {
        // The known targets at the same time: the addresses of one of them may be old, and not the answer about the service.
        bool asksTargets = freshness != Freshness.Believed;
        Task<NameAnswer[]> known = asksTargets ? AskTargetsAsync(freshness) : Task.FromResult<NameAnswer[]>([]);
        known.Forget();
        CachedAnswer answer = await _subscription.AnswerAsync(freshness).ConfigureAwait(false);
        OnAnswer(answer);
        NameAnswer[] answers = Current is null || asksTargets ? await AskTargetsAsync(freshness).ConfigureAwait(false) : [];
        return Current is null && answers.Length > 0 ? answers[0] : new NameAnswer(_service, IsService: true, answer);
    }

    private Task<NameAnswer[]> AskTargetsAsync(Freshness freshness) =>
        Task.WhenAll(_followed.Select(target => target.AskAsync(freshness)));

    public void Hint(EndpointPool pool)
    {
        Array.ForEach([.. _followed.Where(target => target.Current?.All.Contains(pool) == true)], target => target.Hint(pool));
        Hint();
    }

    public void Hint() => _subscription.Hint();

    public void PreferFamily(AddressFamily family) => Array.ForEach(_followed, target => target.PreferFamily(family));

    public void Sample() => Array.ForEach(_followed, static target => target.Sample());

    public void OnPartChanged_NeedsLock()
    {
        _sync.AssertHeld();
        if (!IsClosed)
        {
            Publish_NeedsLock();
            _hold.Check_NeedsLock();
        }
    }

    public bool Close(DepartureReason reason, string detail)
    {
        ImmutableArray<NameEndpoints> leaving;
        using (_sync.Enter())
        {
            if (!_offered.Close_NeedsLock())
            {
                return false;
            }

            _grace.End_NeedsLock();
            leaving = [.. _targets, .. _hold.End_NeedsLock()];
        }

        Close(leaving, reason, detail, Timeout.InfiniteTimeSpan);
        _subscription.Dispose();
        return true;
    }

    /// <summary>Follows one more answer about the service. An answer that is told twice, or late, counts once.</summary>
    public void OnAnswer(CachedAnswer answer)
    {
        ImmutableArray<NameEndpoints> added = [];
        using (_sync.Enter())
        {
            if (IsClosed || !_answers.IsNew(answer))
            {
                return;
            }

            _answers.Follow(answer, () => added = Follow_NeedsLock(answer));
        }

        // Outside the lock: the first answers may come at once, and AddressFilter is asked about them.
        foreach (NameEndpoints target in added)
        {
            target.Start();
        }
    }

    private ImmutableArray<NameEndpoints> Follow_NeedsLock(CachedAnswer answer)
    {
        _sync.AssertHeld();
        ImmutableArray<ServiceTarget> targets = answer.LastGood?.Targets ?? [];
        switch (AnswerVerdicts.Of(answer, isUsable: !targets.IsEmpty, hasMembers: !_targets.IsEmpty, _grace.IsRunning))
        {
            case AnswerVerdict.Follow:
                _grace.End_NeedsLock();
                return Follow_NeedsLock(TargetOrder.Of(targets, _scope.Options.MaxEndpointsPerOrigin, TargetOrder.Draw));
            case AnswerVerdict.BeginGrace when !_targets.IsEmpty:
                _grace.Begin_NeedsLock(
                    DepartureReason.NameEmpty,
                    $"its service {(answer.Latest is Answer.Found ? "is decidedly not available" : "has no SRV record")} any more");
                return [];
            case AnswerVerdict.GiveUp:
                LetAllGo_NeedsLock(DepartureReason.MaxStaleExceeded, "no good answer about its service for longer than MaxStale");
                return [];
            default:
                return [];
        }
    }

    private ImmutableArray<NameEndpoints> Follow_NeedsLock(ImmutableArray<(ServiceTarget Target, float Weight)> targets)
    {
        _sync.AssertHeld();
        _membership.ShareAmong(targets.Length);
        Dictionary<(string Host, int Port), NameEndpoints> before =
            _targets.Concat(_hold.Held).ToDictionary(endpoints => endpoints.Part!.Target.Place);
        List<NameEndpoints> staying = [];
        List<NameEndpoints> added = [];
        List<(NameEndpoints Target, TargetPart Part)> changed = [];
        foreach ((ServiceTarget target, float weight) in targets)
        {
            TargetPart part = new(this, target, weight) { Pace = _pace };
            if (!before.Remove(target.Place, out NameEndpoints? endpoints))
            {
                endpoints = new NameEndpoints(_scope, _membership, _cache, _pools.WithPort(target.Port), _sync, part);
                added.Add(endpoints);
            }
            else if (endpoints.Part != part)
            {
                changed.Add((endpoints, part));
            }

            staying.Add(endpoints);
        }

        _targets = [.. staying];
        // A target without an address has nothing to serve with while others connect.
        ILookup<bool, NameEndpoints> leaving = before.Values.ToLookup(static target => target.Current?.All.Any() == true);
        LetGo_NeedsLock([.. _hold.Replace_NeedsLock([.. leaving[true]]), .. leaving[false]]);
        changed.ForEach(static change => change.Target.ChangePart_NeedsLock(change.Part));
        _news.ShareAmong(Math.Min(added.Count, 4 * RefreshPace.NamesPerSecond));
        return [.. added];
    }

    private void LetAllGo_NeedsLock(DepartureReason reason, string detail)
    {
        _sync.AssertHeld();
        ImmutableArray<NameEndpoints> leaving = [.. _targets, .. _hold.End_NeedsLock()];
        _targets = [];
        Publish_NeedsLock();
        Close(leaving, reason, detail, _scope.Options.DrainTimeout);
    }

    // First the targets are offered no longer, then they drain.
    private void LetGo_NeedsLock(ImmutableArray<NameEndpoints> leaving)
    {
        _sync.AssertHeld();
        Publish_NeedsLock();
        Close(leaving, DepartureReason.TargetLeft, "its target left the SRV records", _scope.Options.DrainTimeout);
    }

    private void Publish_NeedsLock()
    {
        _sync.AssertHeld();
        _followed = [.. _targets, .. _hold.Held];
        _pace.ShareAmong(_followed.Length);
        _offered.Publish_NeedsLock([.. _followed.SelectMany(target => target.Current?.Placements ?? [])]);
    }

    private static void Close(ImmutableArray<NameEndpoints> leaving, DepartureReason reason, string detail, TimeSpan drainTimeout)
    {
        foreach (NameEndpoints target in leaving)
        {
            _ = target.Close(reason, detail, drainTimeout);
        }
    }

    private static ImmutableArray<EndpointPool> PoolsOf(IEnumerable<NameEndpoints> targets) =>
        [.. targets.SelectMany(target => target.Current?.All ?? [])];
}
