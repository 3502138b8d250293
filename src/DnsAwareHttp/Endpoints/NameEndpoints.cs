using System.Collections.Immutable;
using System.Net.Sockets;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Origins;

/// <summary>The endpoints of one name at one port as DNS would have them and as they fare: what requests are offered, one set at a time.</summary>
/// <remarks>Requests read one volatile reference. Answers, failures, renewals and closing replace what it refers to, one at a time, under the lock <c>_reconciling</c>.</remarks>
internal sealed class OriginEndpoints : IOriginEndpoints
{
    /// <summary>Members that leave stay no longer than this for want of a connected replacement.</summary>
    private static readonly TimeSpan MaxHold = TimeSpan.FromSeconds(2);

    private const string Silent = "its peer acknowledges nothing";

    /// <summary>Replacements that are dialled at once while members are held, or while nobody but a silent one is connected.</summary>
    private const int MaxWarmed = 6;

    private readonly ClusterSettings _settings;
    private readonly PoolOwner _owner;
    private readonly EndpointReconciler _reconciler;
    private readonly EndpointRecovery _recovery;
    private readonly string _host;
    private readonly NameSubscription _name;
    private readonly Dictionary<EndpointPool, EndpointPool> _renewing = [];
    private readonly Lock _reconciling = new();
    private volatile EndpointSet? _current;
    private volatile TaskCompletionSource _known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isClosed;
    private volatile TargetPart? _part;
    private long _version;
    private ITimer? _grace;
    private ITimer? _hold;
    private ImmutableArray<(EndpointPool Pool, string Reason)> _held = [];

    /// <param name="owner">Whose they are.</param>
    /// <param name="settings">What they have in common with others.</param>
    /// <param name="pools">Makes their pools.</param>
    /// <param name="part">The target of a service that they are, instead of the owner's own host.</param>
    public OriginEndpoints(PoolOwner owner, ClusterSettings settings, EndpointPoolFactory pools, TargetPart? part = null)
    {
        _settings = settings;
        _owner = owner;
        _part = part;

        // The names of targets are absolute: a search list would make others of them.
        _host = part is null ? owner.Host : part.Target.Host + ".";
        _reconciler = new EndpointReconciler(
            owner, settings, pools, NoteHealth, pool => Renew(pool, "its connections have served MaxRequestsPerConnection requests on average"), () => _part?.Group.Current is { IsWarm: true });
        _recovery = new EndpointRecovery(settings.Clock.Provider, settings.Random);
        _name = settings.Cache.Subscribe(_host, settings.Options.AddressFamily, TakeIn);
    }

    public EndpointSet? Current => _current;

    public bool IsClosed => _isClosed;

    public Task Known => _known.Task;

    public AddressFamily PreferredFamily => _name.PreferredFamily;

    public AnswerSnapshot? LatestAnswer => _name.Current is CachedAnswer answer
        ? answer.Snapshot(answer.LastGood?.Addresses ?? [])
        : null;

    /// <summary>The target of a service that they are. Their priority and weight follow it.</summary>
    public TargetPart? Part
    {
        get => _part;
        set
        {
            lock (_reconciling)
            {
                _part = value;
                if (!_isClosed)
                {
                    Publish_NeedsLock();
                }
            }
        }
    }

    public ImmutableArray<EndpointPool> Offered
    {
        get
        {
            lock (_reconciling)
            {
                return Offered_NeedsLock();
            }
        }
    }

    public async Task<NameAnswer> AskAsync()
    {
        CachedAnswer answer = await _name.AnswerAsync().ConfigureAwait(false);

        // The refresher may be about to tell us; what it tells twice counts once.
        TakeIn(answer);
        return new NameAnswer(_host, IsService: false, answer);
    }

    public void Hint(EndpointPool pool) => _name.Hint();

    /// <summary>Takes in what is known of the name. What is told twice, or late, counts once.</summary>
    public void TakeIn(CachedAnswer answer)
    {
        lock (_reconciling)
        {
            if (_isClosed || answer.Version <= _version)
            {
                return;
            }

            _version = answer.Version;
            try
            {
                Reconcile_NeedsLock(answer);
            }
            catch (Exception exception)
            {
                _settings.Logger.ReconcileThrew(_owner.Name, exception);
            }
        }
    }

    public void PreferFamily(AddressFamily family)
    {
        if (_name.PreferredFamily == family)
        {
            return;
        }

        _name.PreferredFamily = family;
        lock (_reconciling)
        {
            if (!_isClosed && _reconciler.HasMembers)
            {
                _reconciler.Order(family);
                Publish_NeedsLock();
            }
        }
    }

    public void Look()
    {
        if (_current is not EndpointSet endpoints)
        {
            return;
        }

        foreach (EndpointPool pool in endpoints.All)
        {
            if (pool.LookForSilence())
            {
                RenewSilent(pool, Whole ?? endpoints);
            }
        }

        LetAbsentGo();
    }

    public bool Close(string reason) => Close(reason, Timeout.InfiniteTimeSpan);

    /// <summary>As <see cref="Close(string)"/>, and what drains is cut when the time is over.</summary>
    public bool Close(string reason, TimeSpan drainTimeout)
    {
        ImmutableArray<(EndpointPool Pool, string Reason)> leaving;
        lock (_reconciling)
        {
            if (_isClosed)
            {
                return false;
            }

            _isClosed = true;
            EndGrace_NeedsLock();
            leaving = [.. _reconciler.Clear(reason), .. _held];
            EndHold_NeedsLock();
            foreach (EndpointPool successor in _renewing.Values)
            {
                // Ends its dial. Whoever began that closes it.
                successor.BeginDrain(reason);
            }

            _current = null;
            _known.TrySetResult();
        }

        _name.Dispose();
        Drain(leaving, drainTimeout);
        return true;
    }

    /// <summary>What requests are offered of all that these are a part of.</summary>
    private EndpointSet? Whole => _part is TargetPart part ? part.Group.Current : _current;

    private void Reconcile_NeedsLock(CachedAnswer answer)
    {
        bool isNews = answer.Latest is Answer.Found || !_reconciler.HasMembers;
        if (isNews && answer.LastGood is Answer.Found found && _reconciler.Allowed(found.Addresses) is { IsEmpty: false } allowed)
        {
            EndGrace_NeedsLock();

            // While the cluster is being made the subscription is not there yet: nothing has been dialled then either.
            ImmutableArray<(EndpointPool Pool, string Reason)> leaving =
                _reconciler.Apply(allowed, found.IsComplete, _settings.Clock.Now, _name?.PreferredFamily ?? AddressFamily.Unspecified);
            Replace_NeedsLock([.. leaving, .. _reconciler.LetAbsentGo(_settings.IdleTimeout)]);
        }
        else if (answer.Latest is not Answer.Failed)
        {
            BeginGrace_NeedsLock(answer.Latest is Answer.Found ? "AddressFilter refuses all addresses of the latest answer" : "the name has no address any more");
        }
        else if (answer.LastGood is null && _grace is null)
        {
            Replace_NeedsLock(_reconciler.Clear("no good answer for longer than MaxStale"));
        }
    }

    // Make before break: those that leave are held until somebody else has a connection, a moment at most.
    private void Replace_NeedsLock(ImmutableArray<(EndpointPool Pool, string Reason)> leaving)
    {
        ImmutableArray<EndpointPool> staying = _reconciler.Pools;
        if (staying.IsEmpty || staying.Any(pool => pool.IsConnected) || !leaving.Concat(_held).Any(departure => departure.Pool.IsConnected))
        {
            leaving = [.. leaving, .. _held];
            EndHold_NeedsLock();
            LetGo_NeedsLock(leaving);
            return;
        }

        _held = [.. _held, .. leaving];
        Publish_NeedsLock();
        BeginHold_NeedsLock();
        foreach (EndpointPool pool in staying.Take(MaxWarmed))
        {
            Background.Start("the hold of leavers", _settings.Logger, () => ReleaseWhenConnectedAsync(pool));
        }
    }

    private void LetAbsentGo()
    {
        lock (_reconciling)
        {
            if (!_isClosed && _reconciler.LetAbsentGo(_settings.IdleTimeout) is { IsEmpty: false } leaving)
            {
                LetGo_NeedsLock(leaving);
            }
        }
    }

    private void BeginHold_NeedsLock() =>
        _hold ??= Background.CreateTimer(_settings.Clock.Provider, "the hold of leavers", _settings.Logger, this, static endpoints => endpoints.Release(), MaxHold, Timeout.InfiniteTimeSpan);

    private async Task ReleaseWhenConnectedAsync(EndpointPool pool)
    {
        if (await pool.DialAheadAsync().ConfigureAwait(false) is not null)
        {
            return;
        }

        lock (_reconciling)
        {
            // It may be one of those that leave by now.
            if (_reconciler.Has(pool))
            {
                Release();
            }
        }
    }

    private void Release()
    {
        lock (_reconciling)
        {
            if (!_isClosed && !_held.IsEmpty)
            {
                ImmutableArray<(EndpointPool Pool, string Reason)> leaving = _held;
                EndHold_NeedsLock();
                LetGo_NeedsLock(leaving);
            }
        }
    }

    private void EndHold_NeedsLock()
    {
        _hold?.Dispose();
        _hold = null;
        _held = [];
    }

    private ImmutableArray<EndpointPool> Offered_NeedsLock() => [.. _reconciler.Pools, .. _held.Select(held => held.Pool)];

    private void Publish_NeedsLock()
    {
        ImmutableArray<EndpointPool> offered = Offered_NeedsLock();
        Stamp(offered, _part);
        EndpointSet? next = EndpointSet.Of(offered, _settings.Options.LoadBalancing, _settings.Random, _current);
        if (next is null && _known.Task.IsCompleted)
        {
            _known = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        _current = next;
        if (next is not null)
        {
            _known.TrySetResult();
        }

        _part?.Group.TakeOver();
    }

    private static void Stamp(ImmutableArray<EndpointPool> offered, TargetPart? part)
    {
        if (part is null)
        {
            return;
        }

        // What the target weighs is shared by those of its addresses that take requests.
        int usable = offered.Count(pool => !pool.IsAvoided);
        foreach (EndpointPool pool in offered)
        {
            pool.Priority = part.Target.Priority;
            pool.Weight = part.Weight / (usable > 0 ? usable : offered.Length);
        }
    }

    // First nobody is offered them any more, then they drain.
    private void LetGo_NeedsLock(ImmutableArray<(EndpointPool Pool, string Reason)> leaving)
    {
        Publish_NeedsLock();
        Drain(leaving, _settings.Options.DrainTimeout);
    }

    private void Drain(ImmutableArray<(EndpointPool Pool, string Reason)> leaving, TimeSpan timeout)
    {
        foreach ((EndpointPool pool, string reason) in leaving)
        {
            _ = _settings.Drainer.Drain(pool, _owner, reason, timeout);
        }
    }

    private void BeginGrace_NeedsLock(string reason)
    {
        TimeSpan grace = _settings.Options.EmptyAnswerGrace;
        if (!_reconciler.HasMembers || _grace is not null)
        {
            return;
        }

        if (grace == TimeSpan.Zero)
        {
            Replace_NeedsLock(_reconciler.Clear(reason));
            return;
        }

        _grace = Background.CreateTimer(_settings.Clock.Provider, "the empty-answer grace", _settings.Logger, this, endpoints => endpoints.LetGoAfterGrace(reason), grace, Timeout.InfiniteTimeSpan);
    }

    private void LetGoAfterGrace(string reason)
    {
        lock (_reconciling)
        {
            // An address that came back in the meantime has ended the grace.
            if (_grace is not null && !_isClosed)
            {
                EndGrace_NeedsLock();
                Replace_NeedsLock(_reconciler.Clear($"{reason}, for {_settings.Options.EmptyAnswerGrace.TotalSeconds:0.#} s"));
            }
        }
    }

    private void EndGrace_NeedsLock()
    {
        _grace?.Dispose();
        _grace = null;
    }

    private void NoteHealth(EndpointPool pool)
    {
        lock (_reconciling)
        {
            if (_isClosed)
            {
                return;
            }

            Publish_NeedsLock();
        }

        // One that DNS does not name any more, and that fails, is gone.
        LetAbsentGo();
        if (pool.Status is { State: EndpointState.Failing } failing)
        {
            DnsAwareMetrics.ConnectFailed(_owner.Host, pool.Address);
            _settings.Logger.EndpointFailing(_owner.Name, pool.Address.Address, failing.Reason);
            _name.Hint();
            _part?.Group.Hint();
            _recovery.Begin(pool);
        }
    }

    // Others take the requests at once. While nobody else has a connection it is not left: should the whole network be silent, it may come back before a new connection is to be had.
    private void RenewSilent(EndpointPool pool, EndpointSet endpoints)
    {
        EndpointPool[] others = [.. endpoints.Preferred.Where(other => other != pool)];
        if (!Array.Exists(others, other => other.IsConnected))
        {
            foreach (EndpointPool other in others.Take(MaxWarmed))
            {
                _ = other.DialAheadAsync();
            }

            Renew(pool, Silent, wasSilent: true);
            return;
        }

        lock (_reconciling)
        {
            if (_isClosed || _reconciler.MakeSuccessor(pool, wasSilent: true) is not EndpointPool successor)
            {
                return;
            }

            _settings.Logger.EndpointSilent(_owner.Name, pool.Address.Address, pool.ActiveRequests, pool.OpenConnections);
            Install_NeedsLock(pool, successor, Silent);
            _ = successor.DialAheadAsync();
        }

        pool.AbandonDials();
        _name.Hint();
    }

    private void Renew(EndpointPool pool, string reason, bool wasSilent = false)
    {
        EndpointPool successor;
        lock (_reconciling)
        {
            if (_isClosed || _renewing.ContainsKey(pool) || _reconciler.MakeSuccessor(pool, wasSilent) is not EndpointPool made)
            {
                return;
            }

            _renewing[pool] = successor = made;
        }

        Background.Start("a renewal", _settings.Logger, () => RenewAsync(pool, successor, reason, wasSilent));
    }

    // Make before break: the successor takes over once it has a connection.
    private async Task RenewAsync(EndpointPool pool, EndpointPool successor, string reason, bool wasSilent)
    {
        Exception? failure = await successor.DialAheadAsync().ConfigureAwait(false);
        bool takesOver;
        lock (_reconciling)
        {
            _renewing.Remove(pool);
            takesOver = failure is null && !_isClosed && _reconciler.Has(pool);
            if (takesOver)
            {
                Install_NeedsLock(pool, successor, reason);
            }
        }

        if (!takesOver)
        {
            // Nobody was ever offered it.
            successor.BeginDrain("it was not needed");
            _ = successor.CloseHandler();
        }
        else if (wasSilent)
        {
            pool.AbandonDials();
        }
    }

    private void Install_NeedsLock(EndpointPool pool, EndpointPool successor, string reason)
    {
        _ = _reconciler.Replace(pool, successor);
        DnsAwareMetrics.EndpointJoined(_owner.Host, _owner.Port);
        LetGo_NeedsLock([(pool, reason)]);
    }
}
