using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Membership;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Endpoints;

/// <summary>The endpoints of one name at one port: DNS and the health of the addresses make them, one set at a time.</summary>
/// <remarks>Requests read one volatile reference. All changes publish the next set, one at a time, under the origin's lock.</remarks>
internal sealed class NameEndpoints : IOriginEndpoints, IPoolObserver, IAnswerListener
{
    private readonly OriginScope _scope;
    private readonly OrderedLock _sync;
    private readonly string _host;
    private readonly AddressAdmission _admission;
    private readonly AddressRanks _ranks;
    private readonly HealthReport _report;
    private readonly EndpointRoster _roster;
    private readonly OfferedEndpoints _offered;
    private readonly DepartureHold<Departure> _hold;
    private readonly GracePeriod _grace;
    private readonly PoolReplacement _replacement;
    private readonly SilenceWatch _silence;
    private readonly EndpointRecovery _recovery;
    private readonly NameSubscription _name;
    private volatile TargetPart? _part;
    private readonly AnswersFollowed _answers;

    /// <param name="scope">The origin.</param>
    /// <param name="membership">Decides who is a member.</param>
    /// <param name="cache">Where answers come from.</param>
    /// <param name="pools">Makes the pools.</param>
    /// <param name="sync">The origin's lock; null: a new one.</param>
    /// <param name="part">The target of a service, in place of the origin's own host.</param>
    public NameEndpoints(
        OriginScope scope, IMembershipPolicy membership, DnsCache cache, EndpointPoolFactory pools, OrderedLock? sync = null,
        TargetPart? part = null)
    {
        _scope = scope;
        _sync = sync ?? new OrderedLock(LockRank.Origin);
        _part = part;
        _host = part is null ? scope.Owner.Host : part.Target.Host + "."; // Absolute: a search list does not apply to targets.
        _admission = new AddressAdmission(scope);
        _report = new HealthReport(scope);
        _answers = new AnswersFollowed(scope, _host) { AreOfOrigin = part is null };
        _ranks = new AddressRanks(
            scope, part is null ? scope.Options.AddressPriorities : null, () => Current?.All.Select(pool => pool.Address.Address), Reorder);
        _roster = new EndpointRoster(scope, _sync, membership, pools, this, () => _part?.Group.Current is { IsWarm: true }, _ranks.Of);
        _offered = new OfferedEndpoints(scope, _sync) { SpillsOver = _ranks.Differ };
        _hold = new DepartureHold<Departure>(scope, _sync, () => _roster.Pools, static gone => gone.Pool.IsConnected, LetGo_NeedsLock);
        _grace = new GracePeriod(scope, _sync, (reason, detail) => Release_NeedsLock(_roster.Clear_NeedsLock(reason, detail)));
        _recovery = new EndpointRecovery(scope.Clock.Provider, scope.Random, scope.Logger);
        _replacement = new PoolReplacement(scope, _sync, _roster, LetGo_NeedsLock, _recovery.Begin);
        _name = cache.Subscribe(Question.ForAddresses(_host, scope.Options.AddressFamily), this, part is not null, part?.Pace);
        _silence = new SilenceWatch(scope, _replacement, _name.Hint);
    }

    public EndpointSet? Current => _offered.Current;

    public bool IsClosed => _offered.IsClosed;

    public Task Known => _offered.Known;

    public AddressFamily PreferredFamily => _name.PreferredFamily;

    public AnswerSnapshot? LatestAnswer => _name.Current is CachedAnswer answer ? answer.Snapshot(answer.LastGood?.Addresses ?? []) : null;

    /// <summary>The target of a service; null for an origin's own host.</summary>
    public TargetPart? Part => _part;

    public void Start() => _name.Start();

    /// <summary>The target has another priority or weight from now on.</summary>
    public void ChangePart_NeedsLock(TargetPart part)
    {
        _sync.AssertHeld();
        _part = part;
        if (!IsClosed)
        {
            Publish_NeedsLock();
        }
    }

    public async Task<NameAnswer> AskAsync(Freshness freshness = default)
    {
        CachedAnswer answer = await _name.AnswerAsync(freshness).ConfigureAwait(false);
        OnAnswer(answer);
        return new NameAnswer(_host, IsService: false, answer);
    }

    public void Hint(EndpointPool pool) => _name.Hint();

    /// <summary>Follows one more answer. An answer that is told twice, or late, counts once.</summary>
    public void OnAnswer(CachedAnswer answer)
    {
        // The application is not asked about an answer twice.
        ImmutableArray<IPAddress> admitted = _answers.IsNew(answer) ? _ranks.Ask(_admission.Admit(answer.LastGood)) : [];
        using (_sync.Enter())
        {
            if (IsClosed || !_answers.IsNew(answer))
            {
                return;
            }

            _answers.Follow(answer, () => Follow_NeedsLock(answer, admitted));
        }
    }

    public void PreferFamily(AddressFamily family)
    {
        if (_name.PreferredFamily != family)
        {
            _name.PreferredFamily = family;
            Reorder();
        }
    }

    public void Sample()
    {
        if (Current is EndpointSet endpoints)
        {
            _silence.Sample(endpoints, _part?.Group.Current ?? endpoints);
            ReleaseAbsent();
        }
    }

    public bool Close(DepartureReason reason, string detail) => Close(reason, detail, Timeout.InfiniteTimeSpan);

    public bool Close(DepartureReason reason, string detail, TimeSpan drainTimeout)
    {
        ImmutableArray<Departure> leaving;
        using (_sync.Enter())
        {
            if (!_offered.Close_NeedsLock())
            {
                return false;
            }

            _grace.End_NeedsLock();
            leaving = [.. _roster.Clear_NeedsLock(reason, detail), .. _hold.End_NeedsLock()];
            _replacement.Close_NeedsLock(detail);
        }

        _ranks.End();
        OrderedLock.AfterRelease(_name.Dispose); // Its end may run code of a resolver.
        _scope.Drain(leaving, drainTimeout);
        return true;
    }

    public void OnHealthChanged(EndpointPool pool)
    {
        using (_sync.Enter())
        {
            if (IsClosed)
            {
                return;
            }

            Publish_NeedsLock();
            _hold.Check_NeedsLock(); // A replacement may have passed its probe.
        }

        ReleaseAbsent(); // An address that DNS does not name any more, and that fails, is gone.
        _report.OnHealthChanged(pool, _part?.Group.Current ?? Current);
        if (pool.Health is { State: EndpointState.Failing, IsOnTrial: false })
        {
            _name.Hint();
            _part?.Group.Hint();
            _recovery.Begin(pool);
        }
    }

    public void OnRenewalDue(EndpointPool pool) => _replacement.Begin(
        pool, DepartureReason.RequestLimitReached, "its connections have served MaxRequestsPerConnection requests on average");

    private void Reorder()
    {
        using (_sync.Enter())
        {
            if (!IsClosed && _roster.HasMembers)
            {
                _roster.Order_NeedsLock(PreferredFamily);
                Publish_NeedsLock();
            }
        }
    }

    private void Follow_NeedsLock(CachedAnswer answer, ImmutableArray<IPAddress> admitted)
    {
        _sync.AssertHeld();
        switch (AnswerVerdicts.Of(answer, isUsable: !admitted.IsEmpty, _roster.HasMembers, _grace.IsRunning))
        {
            case AnswerVerdict.Follow:
                _grace.End_NeedsLock();
                Release_NeedsLock(
                    _roster.Apply_NeedsLock(admitted, answer.LastGood!.IsComplete, PreferredFamily, answer.Sources), _roster.IsUnchanged);
                break;
            case AnswerVerdict.BeginGrace when _roster.HasMembers:
                (DepartureReason reason, string detail) = AnswerVerdicts.WhyUnusable(answer);
                _grace.Begin_NeedsLock(reason, detail);
                break;
            case AnswerVerdict.GiveUp:
                Release_NeedsLock(_roster.Clear_NeedsLock(DepartureReason.MaxStaleExceeded, "no good answer for longer than MaxStale"));
                break;
        }
    }

    // Make before break: the hold keeps departing pools until an endpoint that stays is connected.
    private void Release_NeedsLock(ImmutableArray<Departure> leaving, bool isUnchanged = false)
    {
        _sync.AssertHeld();
        if (!isUnchanged || !_hold.Held.IsEmpty)
        {
            LetGo_NeedsLock(_hold.Add_NeedsLock([.. leaving, .. _roster.ReleaseAbsent_NeedsLock()]));
        }
    }

    private void ReleaseAbsent()
    {
        using (_sync.Enter())
        {
            if (!IsClosed && _roster.ReleaseAbsent_NeedsLock() is { IsEmpty: false } leaving)
            {
                LetGo_NeedsLock(leaving);
            }
        }
    }

    // First the pools are offered no longer, then they drain.
    private void LetGo_NeedsLock(ImmutableArray<Departure> leaving)
    {
        _sync.AssertHeld();
        Publish_NeedsLock();
        _scope.Drain(leaving, _scope.Options.DrainTimeout);
    }

    private void Publish_NeedsLock()
    {
        _sync.AssertHeld();
        ImmutableArray<EndpointPlacement> offered = [.. _roster.Placements, .. _hold.Held.Select(held => new EndpointPlacement(held.Pool)
            { Priority = _ranks.Of(held.Pool.Address.Address), Membership = held.Detail, IsLingering = true })];
        _offered.Publish_NeedsLock(_part?.Place(offered) ?? offered);
        _part?.Group.OnPartChanged_NeedsLock();
    }
}
