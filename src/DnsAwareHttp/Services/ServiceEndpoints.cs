using System.Collections.Immutable;
using System.Net.Sockets;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Membership;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Origins;

/// <summary>The endpoints of an origin that is found by SRV records (RFC 2782): those of each target, offered as one set.</summary>
/// <remarks>
/// Each target follows its own addresses by their own TTL. Answers about the service make targets come and go, one at a time, under the lock <c>_reconciling</c>; a target's own lock is taken
/// inside it. What all of them offer is put together under the lock <c>_publishing</c>, inside which nothing is taken.
/// </remarks>
internal sealed class ServiceEndpoints : IOriginEndpoints, IEndpointGroup
{
    private static readonly TimeSpan MaxHold = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan HoldLook = TimeSpan.FromMilliseconds(100);

    /// <summary>Endpoints that are dialled ahead while targets that leave are held.</summary>
    private const int MaxWarmed = 6;

    private readonly string _service;
    private readonly PoolOwner _owner;
    private readonly ClusterSettings _settings;
    private readonly SharedMembership _membership;
    private readonly EndpointPoolFactory _pools;
    private readonly NameSubscription? _subscription;
    private readonly Lock _reconciling = new();
    private readonly Lock _publishing = new();
    private readonly HashSet<EndpointPool> _warmed = [];
    private volatile OriginEndpoints[] _offered = [];
    private volatile EndpointSet? _current;
    private volatile TaskCompletionSource _known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isClosed;
    private long _version;
    private ImmutableArray<OriginEndpoints> _targets = [];
    private ImmutableArray<OriginEndpoints> _held = [];
    private DateTimeOffset _heldSince;
    private DateTimeOffset? _replaceableSince;
    private ITimer? _hold;
    private ITimer? _grace;

    /// <param name="service">The name whose SRV records tell the targets.</param>
    /// <param name="owner">Whose endpoints they are.</param>
    /// <param name="settings">What they have in common with others.</param>
    /// <param name="pools">Makes pools that ask for the owner's host and port.</param>
    public ServiceEndpoints(string service, PoolOwner owner, ClusterSettings settings, EndpointPoolFactory pools)
    {
        _service = service;
        _owner = owner;
        _pools = pools;
        _membership = new SharedMembership(settings.Options.MaxEndpointsPerOrigin, settings.MakeMembership);
        _settings = settings with { Membership = _membership };
        _subscription = settings.Cache.SubscribeToService(service, TakeIn);
    }

    public EndpointSet? Current => _current;

    public bool IsClosed => _isClosed;

    public Task Known => _known.Task;

    public ImmutableArray<EndpointPool> Offered => [.. _offered.SelectMany(target => target.Offered)];

    public AddressFamily PreferredFamily => _offered.Select(target => target.PreferredFamily).FirstOrDefault(family => family is not AddressFamily.Unspecified);

    public AnswerSnapshot? LatestAnswer => _subscription?.Current is CachedAnswer answer
        ? answer.Snapshot([.. _offered.SelectMany(target => target.LatestAnswer?.Addresses ?? []).Distinct()])
        : null;

    public async Task<NameAnswer> AskAsync()
    {
        CachedAnswer answer = await _subscription!.AnswerAsync().ConfigureAwait(false);
        TakeIn(answer);
        OriginEndpoints[] targets = _offered;
        if (_current is null && targets.Length > 0)
        {
            NameAnswer[] answers = await Task.WhenAll(targets.Select(target => target.AskAsync())).ConfigureAwait(false);
            if (_current is null)
            {
                return answers[0];
            }
        }

        return new NameAnswer(_service, IsService: true, answer);
    }

    public void Hint(EndpointPool pool)
    {
        foreach (OriginEndpoints target in _offered)
        {
            if (target.Current is EndpointSet endpoints && endpoints.All.Contains(pool))
            {
                target.Hint(pool);
            }
        }

        Hint();
    }

    public void Hint() => _subscription?.Hint();

    public void PreferFamily(AddressFamily family)
    {
        foreach (OriginEndpoints target in _offered)
        {
            target.PreferFamily(family);
        }
    }

    public void Look()
    {
        foreach (OriginEndpoints target in _offered)
        {
            target.Look();
        }
    }

    public void TakeOver()
    {
        lock (_publishing)
        {
            if (_isClosed)
            {
                return;
            }

            ImmutableArray<EndpointPool> pools = [.. _offered.Select(target => target.Current).OfType<EndpointSet>().SelectMany(endpoints => endpoints.All)];
            EndpointSet? next = EndpointSet.Of(pools, _settings.Options.LoadBalancing, _settings.Random, _current);
            if (next is null && _known.Task.IsCompleted)
            {
                _known = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            _current = next;
            if (next is not null)
            {
                _known.TrySetResult();
            }
        }
    }

    public bool Close(string reason)
    {
        lock (_reconciling)
        {
            if (_isClosed)
            {
                return false;
            }

            lock (_publishing)
            {
                _isClosed = true;
                _current = null;
                _known.TrySetResult();
            }

            EndGrace_NeedsLock();
            LetGo_NeedsLock([.. _targets, .. EndHold_NeedsLock()], reason, Timeout.InfiniteTimeSpan);
        }

        _subscription?.Dispose();
        return true;
    }

    /// <summary>Takes in what is known of the service. What is told twice, or late, counts once.</summary>
    private void TakeIn(CachedAnswer answer)
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

    private void Reconcile_NeedsLock(CachedAnswer answer)
    {
        bool isNews = answer.Latest is Answer.Found || _targets.IsEmpty;
        if (isNews && answer.LastGood?.Targets is ImmutableArray<ServiceTarget> { IsEmpty: false } targets)
        {
            EndGrace_NeedsLock();
            Follow_NeedsLock(TargetOrder.Of(targets, _settings.Options.MaxEndpointsPerOrigin, TargetOrder.Draw));
        }
        else if (answer.Latest is not Answer.Failed)
        {
            BeginGrace_NeedsLock(answer.Latest is Answer.Found ? "its service is decidedly not available any more" : "its service has no SRV record any more");
        }
        else if (answer.LastGood is null && _grace is null)
        {
            LetAllGo_NeedsLock("no good answer about its service for longer than MaxStale");
        }
    }

    private void Follow_NeedsLock(ImmutableArray<(ServiceTarget Target, float Weight)> targets)
    {
        _membership.ShareAmong(targets.Length);
        Dictionary<(string Host, int Port), OriginEndpoints> before = _targets.Concat(_held).ToDictionary(endpoints => KeyOf(endpoints.Part!.Target));
        List<OriginEndpoints> staying = [];
        foreach ((ServiceTarget target, float weight) in targets)
        {
            TargetPart part = new(this, target, weight);
            if (!before.Remove(KeyOf(target), out OriginEndpoints? endpoints))
            {
                endpoints = new OriginEndpoints(_owner, _settings, _pools.WithPort(target.Port), part);
            }
            else if (endpoints.Part != part)
            {
                endpoints.Part = part;
            }

            staying.Add(endpoints);
        }

        _targets = [.. staying];
        _held = [.. before.Values];
        Offer_NeedsLock();
        BeginHold_NeedsLock();

        static (string Host, int Port) KeyOf(ServiceTarget target) => (target.Host, target.Port);
    }

    private void Offer_NeedsLock()
    {
        _offered = [.. _targets, .. _held];
        TakeOver();
    }

    // Make before break: those that leave are held until somebody else has a connection, a moment at most.
    private void BeginHold_NeedsLock()
    {
        if (_held.IsEmpty)
        {
            _ = EndHold_NeedsLock();
        }
        else if (_hold is null)
        {
            _heldSince = _settings.Clock.Now;
            _hold = Background.CreateTimer(_settings.Clock.Provider, "the hold of targets", _settings.Logger, this, static endpoints => endpoints.LookAtHeld(), HoldLook, HoldLook);
            LookAtHeld_NeedsLock();
        }
        else
        {
            LookAtHeld_NeedsLock();
        }
    }

    private void LookAtHeld()
    {
        lock (_reconciling)
        {
            if (!_isClosed && !_held.IsEmpty)
            {
                LookAtHeld_NeedsLock();
            }
        }
    }

    private void LookAtHeld_NeedsLock()
    {
        EndpointPool[] replacements = [.. _targets.Select(target => target.Current).OfType<EndpointSet>().SelectMany(endpoints => endpoints.All)];
        if (replacements.Length > 0)
        {
            _replaceableSince ??= _settings.Clock.Now;
        }

        if (MayGo_NeedsLock(replacements))
        {
            ImmutableArray<OriginEndpoints> leaving = EndHold_NeedsLock();
            Offer_NeedsLock();
            LetGo_NeedsLock(leaving, "its target left the SRV records", _settings.Options.DrainTimeout);
            return;
        }

        foreach (EndpointPool pool in replacements.Take(MaxWarmed).Where(_warmed.Add))
        {
            _ = pool.DialAheadAsync();
        }
    }

    private bool MayGo_NeedsLock(EndpointPool[] replacements)
    {
        if (replacements.Length == 0)
        {
            // Their addresses are not known yet, or have none: it is as if the name had none.
            TimeSpan grace = _settings.Options.EmptyAnswerGrace;
            return _settings.Clock.Now - _heldSince >= (grace > MaxHold ? grace : MaxHold);
        }

        return Array.Exists(replacements, pool => pool.IsConnected)
            || !_held.Any(target => target.Offered.Any(pool => pool.IsConnected))
            || _settings.Clock.Now - _replaceableSince >= MaxHold;
    }

    private ImmutableArray<OriginEndpoints> EndHold_NeedsLock()
    {
        ImmutableArray<OriginEndpoints> held = _held;
        _hold?.Dispose();
        _hold = null;
        _held = [];
        _replaceableSince = null;
        _warmed.Clear();
        return held;
    }

    private void BeginGrace_NeedsLock(string reason)
    {
        TimeSpan grace = _settings.Options.EmptyAnswerGrace;
        if (_targets.IsEmpty || _grace is not null)
        {
            return;
        }

        if (grace == TimeSpan.Zero)
        {
            LetAllGo_NeedsLock(reason);
            return;
        }

        _grace = Background.CreateTimer(_settings.Clock.Provider, "the empty-answer grace", _settings.Logger, this, endpoints => endpoints.LetGoAfterGrace(reason), grace, Timeout.InfiniteTimeSpan);
    }

    private void LetGoAfterGrace(string reason)
    {
        lock (_reconciling)
        {
            // An answer that names targets has ended the grace.
            if (_grace is not null && !_isClosed)
            {
                EndGrace_NeedsLock();
                LetAllGo_NeedsLock($"{reason}, for {_settings.Options.EmptyAnswerGrace.TotalSeconds:0.#} s");
            }
        }
    }

    private void EndGrace_NeedsLock()
    {
        _grace?.Dispose();
        _grace = null;
    }

    private void LetAllGo_NeedsLock(string reason)
    {
        ImmutableArray<OriginEndpoints> leaving = [.. _targets, .. EndHold_NeedsLock()];
        _targets = [];
        Offer_NeedsLock();
        LetGo_NeedsLock(leaving, reason, _settings.Options.DrainTimeout);
    }

    // Nobody is offered them any more.
    private static void LetGo_NeedsLock(ImmutableArray<OriginEndpoints> leaving, string reason, TimeSpan drainTimeout)
    {
        foreach (OriginEndpoints target in leaving)
        {
            _ = target.Close(reason, drainTimeout);
        }
    }
}
