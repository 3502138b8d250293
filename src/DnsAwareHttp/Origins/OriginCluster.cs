using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Origins;

/// <summary>One origin: its endpoints as DNS would have them, and the way of a request to one of them.</summary>
/// <remarks>Requests read one volatile reference. Answers, failures and closing replace what it refers to, one at a time, under the lock <c>_reconciling</c>.</remarks>
internal sealed class OriginCluster
{
    /// <summary>Members that leave stay no longer than this for want of a connected replacement.</summary>
    private static readonly TimeSpan MaxHold = TimeSpan.FromSeconds(2);

    /// <summary>Replacements that are dialled at once while members are held.</summary>
    private const int MaxWarmed = 6;

    private readonly ClusterSettings _settings;
    private readonly PoolOwner _owner;
    private readonly EndpointReconciler _reconciler;
    private readonly EndpointRecovery _recovery;
    private readonly NameSubscription _name;
    private readonly Lock _reconciling = new();
    private volatile EndpointSet? _endpoints;
    private volatile TaskCompletionSource _endpointsKnown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isClosed;
    private volatile bool _wasUsed = true;
    private DateTimeOffset _lastUsed;
    private int _waiting;
    private long _version;
    private ITimer? _grace;
    private ITimer? _hold;
    private ImmutableArray<(EndpointPool Pool, string Reason)> _held = [];

    public OriginCluster(Origin origin, ClusterSettings settings, EndpointPoolFactory pools)
    {
        Origin = origin;
        _settings = settings;
        _owner = new PoolOwner(origin.ToString(), origin.Host, origin.Port);
        _reconciler = new EndpointReconciler(_owner, settings, pools, NoteHealth);
        _recovery = new EndpointRecovery(settings.Clock.Provider, settings.Random);
        _lastUsed = settings.Clock.Now;
        settings.Logger.OriginOpened(_owner.Name);
        _name = settings.Cache.Subscribe(origin.Host, settings.Options.AddressFamily, TakeIn);
    }

    public Origin Origin { get; }

    /// <summary>Whether it takes requests no more.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>When a request last came, to within the interval of <see cref="CloseIfUnused"/>.</summary>
    public DateTimeOffset LastUsed => _wasUsed ? _settings.Clock.Now : _lastUsed;

    /// <summary>Sends a request to one endpoint, and to another one while connecting fails. The only async frame between the caller and the endpoint's handler.</summary>
    /// <param name="request">The request, sent as it is.</param>
    /// <param name="redirects">Follows the response if it is a redirect; null to return that as it is.</param>
    /// <param name="async">False to be done when the call returns, on the caller's thread.</param>
    /// <param name="cancellationToken">The request's own token; it bounds every wait.</param>
    /// <exception cref="HttpRequestException">The name has no address, no address can be connected to, or whatever the endpoint's handler reports.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, RedirectFollower? redirects, bool async, CancellationToken cancellationToken)
    {
        MarkUsed();
        FailedAttempts? failed = null;
        while (true)
        {
            if (_endpoints is not EndpointSet endpoints)
            {
                if (_isClosed)
                {
                    // It was idle and closed between the registry's look and ours.
                    return await _settings.Reopen(Origin).SendAsync(request, redirects, async, cancellationToken).ConfigureAwait(false);
                }

                await AwaitEndpointsAsync(async, cancellationToken).ConfigureAwait(false);
                continue;
            }

            EndpointPool? pool = failed is null ? endpoints.Picker.Pick() : endpoints.PickOther(failed.Pools, _settings.Random);
            if (pool is null)
            {
                throw failed!.ToException();
            }

            if (!pool.IsConnected)
            {
                DialOutcome outcome = await ConnectAsync(endpoints, pool, failed, async, cancellationToken).ConfigureAwait(false);
                if (outcome.Winner is null)
                {
                    // Better a try than a refusal: the picked one's handler reports the failure as it does without us, the others are named with it.
                    failed = FailedAttempts.AllBut(pool, outcome.Failures, failed ?? new FailedAttempts(Origin));
                }

                pool = outcome.Winner ?? pool;
            }

            if (!pool.TryEnter(out Passage passage))
            {
                // It began to drain this instant; the set without it was published before.
                continue;
            }

            HttpResponseMessage response;
            using (passage)
            {
                try
                {
                    response = await pool.SendAsync(request, async, cancellationToken).ConfigureAwait(false);
                }
                catch (HttpRequestException error) when (FailedAttempts.IsConnectFailure(error))
                {
                    // Nothing of the request was sent: another endpoint may have it.
                    (failed ??= new FailedAttempts(Origin)).Add(pool, error);
                    pool.NoteBreak(error);
                    _name.Hint();
                    continue;
                }
                catch (HttpRequestException error) when (pool.NoteBreak(error))
                {
                    // It was sent, at least in part: never again by us.
                    throw;
                }
            }

            pool.NoteAnswer();

            if (response.StatusCode == HttpStatusCode.MisdirectedRequest && MaySendElsewhere(request, pool, failed))
            {
                response.Dispose();
                (failed ??= new FailedAttempts(Origin)).AddMisdirected(pool);
                continue;
            }

            return redirects is not null && RedirectFollower.IsRedirect(request, response)
                ? await redirects.FollowAsync(request, response, _settings.SendHop, async, cancellationToken).ConfigureAwait(false)
                : response;
        }
    }

    /// <summary>Closes if no request came for a while and no connection is open.</summary>
    public bool CloseIfUnused(TimeSpan idleTimeout)
    {
        DateTimeOffset now = _settings.Clock.Now;
        if (_wasUsed)
        {
            _wasUsed = false;
            _lastUsed = now;
        }

        TimeSpan idle = now - _lastUsed;
        if (idle < idleTimeout || IsBusy())
        {
            return false;
        }

        _settings.Logger.OriginClosed(_owner.Name, idle);
        Close("its origin is unused");
        return true;
    }

    /// <summary>Takes no request any more; those under way go on. Its pools drain without a deadline.</summary>
    public void Close(string reason)
    {
        ImmutableArray<(EndpointPool Pool, string Reason)> leaving;
        lock (_reconciling)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            EndGrace_NeedsLock();
            leaving = [.. _reconciler.Clear(reason), .. _held];
            EndHold_NeedsLock();
            _endpoints = null;
            _endpointsKnown.TrySetResult();
        }

        _name.Dispose();
        Drain(leaving, Timeout.InfiniteTimeSpan);
    }

    public OriginSnapshot Snapshot()
    {
        ImmutableArray<EndpointPool> members;
        lock (_reconciling)
        {
            members = Offered_NeedsLock();
        }

        return new OriginSnapshot(
            _owner.Name, Origin.Host, Origin.Port, Snapshot(_name.Current),
            [.. members.Concat(_settings.Drainer.DrainingOf(_owner)).Distinct().Select(pool => pool.Snapshot())]);
    }

    private static AnswerSnapshot? Snapshot(CachedAnswer? answer) =>
        answer is null ? null : new AnswerSnapshot(answer.Latest, answer.LastGood?.Addresses ?? [], answer.LastGoodAt, answer.ExpiresAt, answer.IsStale);

    // One word that is written once in a while: a timestamp for each request would be the most expensive thing on its way.
    private void MarkUsed()
    {
        if (!_wasUsed)
        {
            _wasUsed = true;
        }
    }

    private bool IsBusy()
    {
        // A request that waits for an answer or a connection would open the origin again at once; with a full table two such origins would close one another in turn.
        if (Volatile.Read(ref _waiting) > 0)
        {
            return true;
        }

        lock (_reconciling)
        {
            return Offered_NeedsLock().Any(pool => pool.ActiveRequests > 0 || pool.OpenConnections > 0);
        }
    }

    private async ValueTask AwaitEndpointsAsync(bool async, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await AwaitAnswerAsync(async, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private async ValueTask AwaitAnswerAsync(bool async, CancellationToken cancellationToken)
    {
        Task known = _endpointsKnown.Task;
        Task<CachedAnswer> question = _name.AnswerAsync();

        // Whatever comes first: the answer, or leave to use an expired one because the answer is late.
        Task first = Task.WhenAny(question, known);
        try
        {
            Task bounded = first.WaitAsync(_settings.ConnectTimeout, _settings.Clock.Provider, cancellationToken);
            if (!async)
            {
                Task.WaitAny([bounded], CancellationToken.None);
            }

            await bounded.ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw ConnectTimedOut();
        }

        if (!known.IsCompleted)
        {
            // The refresher may be about to tell us; what it tells twice counts once.
            CachedAnswer answer = await question.ConfigureAwait(false);
            TakeIn(answer);
            if (_endpoints is null && !_isClosed)
            {
                throw NoAddress.Error(Origin, answer);
            }
        }
    }

    /// <summary>Finds an endpoint with a connection: the picked one if that is quick.</summary>
    private async ValueTask<DialOutcome> ConnectAsync(EndpointSet endpoints, EndpointPool picked, FailedAttempts? failed, bool async, CancellationToken cancellationToken)
    {
        EndpointPool[] others = [.. endpoints.InTurnAfter(picked).Except(failed?.Pools ?? [])];
        if (picked.Status.State is not EndpointState.Ready && Array.Find(others, pool => pool.IsConnected) is EndpointPool connected)
        {
            // Make before break: nobody waits for an address that has never been connected to while another one is at hand.
            _ = picked.DialAheadAsync();
            return new DialOutcome(connected, []);
        }

        using CancellationTokenSource bound = new(_settings.ConnectTimeout, _settings.Clock.Provider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
        Task<DialOutcome> race = _settings.Race.RunAsync([picked, .. others], either.Token);
        Interlocked.Increment(ref _waiting);
        try
        {
            if (!async)
            {
                Task.WaitAny([race], CancellationToken.None);
            }

            return await race.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw ConnectTimedOut();
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    // As the runtime reports it, for the wrapped handler's own ConnectTimeout.
    private TaskCanceledException ConnectTimedOut()
    {
        TimeoutException timeout = new($"A connection to {Origin} could not be established within the configured ConnectTimeout of {_settings.ConnectTimeout.TotalSeconds} seconds.");
        return new TaskCanceledException(timeout.Message, timeout, CancellationToken.None);
    }

    private bool MaySendElsewhere(HttpRequestMessage request, EndpointPool pool, FailedAttempts? failed) =>
        _settings.Options.RetryMisdirectedRequests
        && failed is not { HasMisdirected: true }
        && request.Content is null or ByteArrayContent or ReadOnlyMemoryContent
        && _endpoints?.PickOther([pool, .. failed?.Pools ?? []], _settings.Random) is not null;

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
        bool isNews = answer.Latest is Answer.Found || !_reconciler.HasMembers;
        if (isNews && answer.LastGood is Answer.Found found && _reconciler.Allowed(found.Addresses) is { IsEmpty: false } allowed)
        {
            EndGrace_NeedsLock();
            Replace_NeedsLock(_reconciler.Apply(allowed, found.IsComplete, _settings.Clock.Now));
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

    // Make before break: those that leave are held until somebody else has a connection, a moment at most. Then first nobody is offered them any more, then they drain.
    private void Replace_NeedsLock(ImmutableArray<(EndpointPool Pool, string Reason)> leaving)
    {
        ImmutableArray<EndpointPool> staying = _reconciler.Pools;
        if (staying.IsEmpty || staying.Any(pool => pool.IsConnected) || !leaving.Any(departure => departure.Pool.IsConnected))
        {
            leaving = [.. leaving, .. _held];
            EndHold_NeedsLock();
            Publish_NeedsLock();
            Drain(leaving, _settings.Options.DrainTimeout);
            return;
        }

        _held = [.. _held, .. leaving];
        Publish_NeedsLock();
        BeginHold_NeedsLock();
        foreach (EndpointPool pool in staying.Take(MaxWarmed))
        {
            _ = ReleaseWhenConnectedAsync(pool);
        }
    }

    private void BeginHold_NeedsLock() =>
        _hold ??= Detached.CreateTimer(_settings.Clock.Provider, static state => ((OriginCluster)state!).Release(), this, MaxHold, Timeout.InfiniteTimeSpan);

    private async Task ReleaseWhenConnectedAsync(EndpointPool pool)
    {
        if (await pool.DialAheadAsync().ConfigureAwait(false) is null)
        {
            Release();
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
                Publish_NeedsLock();
                Drain(leaving, _settings.Options.DrainTimeout);
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
        EndpointSet? next = EndpointSet.Of(Offered_NeedsLock(), _settings.Options.LoadBalancing, _settings.Random, _endpoints);
        if (next is null && _endpointsKnown.Task.IsCompleted)
        {
            _endpointsKnown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        _endpoints = next;
        if (next is not null)
        {
            _endpointsKnown.TrySetResult();
        }
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

        _grace = Detached.CreateTimer(_settings.Clock.Provider, _ => LetGoAfterGrace(reason), null, grace, Timeout.InfiniteTimeSpan);
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

        if (pool.Status is { State: EndpointState.Failing } failing)
        {
            DnsAwareMetrics.ConnectFailed(_owner.Host, pool.Address);
            _settings.Logger.EndpointFailing(_owner.Name, pool.Address.Address, failing.Reason);
            _name.Hint();
            _recovery.Begin(pool);
        }
    }
}
