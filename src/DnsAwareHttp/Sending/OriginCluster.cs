using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Origins;

/// <summary>One origin: the way of a request to one of its endpoints.</summary>
internal sealed class OriginCluster
{
    /// <summary>How often the endpoints are looked at while requests flow.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    private readonly ClusterSettings _settings;
    private readonly PoolOwner _owner;
    private readonly IOriginEndpoints _endpoints;
    private readonly FailureReporter? _failures;
    private readonly ITimer _look;
    private volatile bool _wasUsed;
    private DateTimeOffset _lastUsed;
    private int _waiting;

    /// <param name="origin">Whose requests these are.</param>
    /// <param name="settings">What it has in common with other clusters.</param>
    /// <param name="pools">Makes its pools.</param>
    /// <param name="failures">Reports requests that fail before an endpoint has them; null for nobody.</param>
    /// <param name="service">The service whose SRV records tell where the origin is; null: its own host and port do.</param>
    public OriginCluster(Origin origin, ClusterSettings settings, EndpointPoolFactory pools, FailureReporter? failures = null, string? service = null)
    {
        Origin = origin;
        _settings = settings;
        _failures = failures;
        _owner = new PoolOwner(origin.ToString(), origin.Host, origin.Port) { IsAnonymous = origin.IsAnonymous };
        _lastUsed = settings.Clock.Now;
        settings.Logger.OriginOpened(_owner.Name);
        _look = Background.CreateTimer(settings.Clock.Provider, "the look at endpoints", settings.Logger, this, static cluster => cluster.Look(), Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _endpoints = service is null ? new OriginEndpoints(_owner, settings, pools) : new ServiceEndpoints(service, _owner, settings, pools);
    }

    public Origin Origin { get; }

    /// <summary>Whether it takes requests no more.</summary>
    public bool IsClosed => _endpoints.IsClosed;

    /// <summary>Whether a request need not wait for an answer.</summary>
    public bool HasEndpoints => _endpoints.Current is not null;

    /// <summary>When a request last came, to within <see cref="LookInterval"/>.</summary>
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
            if (_endpoints.Current is not EndpointSet endpoints)
            {
                if (failed?.Misdirected is HttpResponseMessage answer)
                {
                    // All have left since. It was sent once, and this is its answer.
                    return answer;
                }

                if (_endpoints.IsClosed)
                {
                    // It was idle, or the options changed, and it was closed between the registry's look and ours.
                    return await _settings.Reopen(Origin).SendAsync(request, redirects, async, cancellationToken).ConfigureAwait(false);
                }

                await AwaitEndpointsAsync(request, async, cancellationToken).ConfigureAwait(false);
                continue;
            }

            EndpointPool? pool = failed is null ? endpoints.Picker.Pick() : endpoints.PickOther(failed.Pools, _settings.Random);
            if (pool is null)
            {
                return failed!.Misdirected ?? throw failed.ToException();
            }

            if (!pool.IsConnected && !RefusedRequest.IsMalformed(request))
            {
                DialOutcome outcome = await ConnectAsync(request, endpoints, pool, failed, async, cancellationToken).ConfigureAwait(false);
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
                catch (HttpRequestException error) when (FailedAttempts.IsConnectFailure(error, Origin.Tunnels(request)))
                {
                    // Nothing of the request was sent: another endpoint may have it.
                    (failed ??= new FailedAttempts(Origin)).Add(pool, error);
                    pool.NoteBreak(error);
                    _endpoints.Hint(pool);
                    continue;
                }
                catch (HttpRequestException error) when (FailedAttempts.IsUnableToTake(error) && !Origin.Tunnels(request))
                {
                    // Nothing was sent here either. The endpoint is as well as its server; others of the same name may be newer.
                    (failed ??= new FailedAttempts(Origin)).Add(pool, error);
                    continue;
                }
                catch (Exception error) when (NoteFailure(error, request, pool, failed))
                {
                    // It was sent, at least in part: never again by us.
                    throw;
                }
            }

            pool.NoteAnswer();

            // Behind a proxy another server said it, and which one that is does not depend on the proxy's address.
            if (response.StatusCode == HttpStatusCode.MisdirectedRequest && _settings.Options.RetryMisdirectedRequests && Origin.Proxy is null)
            {
                pool.NoteMisdirected();
                if (MaySendElsewhere(request, pool, failed))
                {
                    (failed ??= new FailedAttempts(Origin)).AddMisdirected(pool, response);
                    continue;
                }
            }

            failed?.Misdirected?.Dispose();
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
        if (_endpoints.Close(reason))
        {
            _look.Dispose();
        }
    }

    public OriginSnapshot Snapshot()
    {
        // Read before those that drain: one that goes from here to there in the meantime is seen twice, not never.
        ImmutableArray<EndpointPool> members = _endpoints.Offered;
        return new OriginSnapshot
        {
            Origin = _owner.Name,
            Host = Origin.Host,
            Port = Origin.Port,
            Answer = _endpoints.LatestAnswer,
            Endpoints = [.. members.Concat(_settings.Drainer.DrainingOf(_owner)).Distinct().Select(pool => pool.Snapshot())],
        };
    }

    // One word that is written once in a while: a timestamp for each request would be the most expensive thing on its way.
    private void MarkUsed()
    {
        if (!_wasUsed)
        {
            _wasUsed = true;
            LookSoon();
        }
    }

    private void Look()
    {
        bool wasUsed = _wasUsed;
        if (wasUsed)
        {
            _wasUsed = false;
            _lastUsed = _settings.Clock.Now;
        }

        try
        {
            _endpoints.Look();
        }
        catch (Exception exception)
        {
            _settings.Logger.LookThrew(_owner.Name, exception);
        }

        if (wasUsed || _endpoints.Current is EndpointSet { HasRequests: true })
        {
            LookSoon();
        }
    }

    private void LookSoon() => _look.Change(LookInterval, Timeout.InfiniteTimeSpan);

    private bool IsBusy()
    {
        // A request that waits for an answer or a connection would open the origin again at once; with a full table two such origins would close one another in turn.
        if (Volatile.Read(ref _waiting) > 0)
        {
            return true;
        }

        return _endpoints.Offered.Any(pool => pool.ActiveRequests > 0 || pool.OpenConnections > 0);
    }

    private async ValueTask AwaitEndpointsAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await AwaitAnswerAsync(async, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (_failures is not null)
        {
            await _failures.ReportAsync(request, failure, async).ConfigureAwait(false);
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private async ValueTask AwaitAnswerAsync(bool async, CancellationToken cancellationToken)
    {
        Task known = _endpoints.Known;
        Task<NameAnswer> question = _endpoints.AskAsync();

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
            NameAnswer answer = await question.ConfigureAwait(false);
            if (_endpoints.Current is null && !_endpoints.IsClosed)
            {
                throw NoAddress.Error(Origin, answer);
            }
        }
    }

    /// <summary>Finds an endpoint with a connection: the picked one if that is quick.</summary>
    private async ValueTask<DialOutcome> ConnectAsync(
        HttpRequestMessage request, EndpointSet endpoints, EndpointPool picked, FailedAttempts? failed, bool async, CancellationToken cancellationToken)
    {
        EndpointPool[] tried = [.. failed?.Pools ?? []];
        if (picked.Status.State is not EndpointState.Ready && endpoints.FirstConnected(picked, tried) is EndpointPool connected)
        {
            // Make before break: nobody waits for an address that has never been connected to while another one is at hand.
            _ = picked.DialUnlessConnectedAsync();
            return new DialOutcome(connected, []);
        }

        using CancellationTokenSource bound = new(_settings.ConnectTimeout, _settings.Clock.Provider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
        Task<DialOutcome> race = _settings.Race.RunAsync([.. endpoints.DialOrder(picked, _endpoints.PreferredFamily).Except(tried)], [.. endpoints.Fallbacks().Select(rank => rank.Except(tried))], either.Token);
        Interlocked.Increment(ref _waiting);
        try
        {
            if (!async)
            {
                Task.WaitAny([race], CancellationToken.None);
            }

            DialOutcome outcome = await race.ConfigureAwait(false);
            if (outcome is { Winner: EndpointPool winner, IsFamilyContest: true })
            {
                _endpoints.PreferFamily(winner.Family);
            }

            return outcome;
        }
        catch (OperationCanceledException cancellation)
        {
            failed?.Misdirected?.Dispose();
            if (_failures is not null)
            {
                await _failures.ReportAsync(request, cancellation, async).ConfigureAwait(false);
            }

            return cancellationToken.IsCancellationRequested
                ? await Task.FromCanceled<DialOutcome>(cancellationToken).ConfigureAwait(false)
                : throw ConnectTimedOut();
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    // Word for word as the runtime reports the wrapped handler's own ConnectTimeout.
    private static TaskCanceledException ConnectTimedOut() => new(
        new OperationCanceledException().Message, new TimeoutException("A connection could not be established within the configured ConnectTimeout."), new CancellationToken(canceled: true));

    // An exception filter that only looks: false.
    private bool NoteFailure(Exception error, HttpRequestMessage request, EndpointPool pool, FailedAttempts? failed)
    {
        failed?.Misdirected?.Dispose();
        return error is HttpRequestException broken && !Origin.Tunnels(request) && pool.NoteBreak(broken);
    }

    private bool MaySendElsewhere(HttpRequestMessage request, EndpointPool pool, FailedAttempts? failed) =>
        failed is not { Misdirected: not null }
        && request.Content is null or ByteArrayContent or ReadOnlyMemoryContent
        && _endpoints.Current?.PickOther([pool, .. failed?.Pools ?? []], _settings.Random) is not null;
}
