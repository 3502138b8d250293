using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Health;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Endpoints;

/// <summary>The probes of one endpoint, one at a time. They end when it drains.</summary>
/// <remarks>Only a timer waits, and it holds this object weakly: a handler that the application dropped can be collected.</remarks>
internal sealed class ProbedEndpoint(EndpointProber prober, EndpointPool pool)
{
    private ITimer? _timer;
    private CancellationTokenRegistration _draining;
    private Task<string?>? _running;
    private long _requestsSeen;

    private OriginScope Scope => prober.Scope;

    /// <summary>Begins. The first probe is sent soon if the endpoint awaits it.</summary>
    public void Begin()
    {
        pool.Probes.Run = RunAsync;
        _timer = Background.CreateTimer(
            Scope.Clock.Provider, "the probe of an endpoint", Scope.Logger, this, static probed => probed.OnTimer(),
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (pool.Health.Probe is ProbeState.Awaited)
        {
            _timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
        else
        {
            PlanNext();
        }

        _draining = pool.Draining.UnsafeRegister(static state => ((ProbedEndpoint)state!).End(), this);
    }

    /// <summary>Sends a probe, or joins the one that is under way. Never fails.</summary>
    /// <returns>What is wrong with the endpoint; null: nothing.</returns>
    public Task<string?> RunAsync()
    {
        TaskCompletionSource<string?> mine = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Interlocked.CompareExchange(ref _running, mine.Task, null) is Task<string?> running)
        {
            return running;
        }

        Background.Start("the probe of an endpoint", Scope.Logger, () => RunAsync(mine));
        return mine.Task;
    }

    private async Task RunAsync(TaskCompletionSource<string?> result)
    {
        string? failure = "the probe failed unexpectedly";
        try
        {
            failure = await ProbeAsync().ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _running, null);
            result.SetResult(failure);
            PlanNext();
        }
    }

    private void OnTimer()
    {
        long requests = prober.Requests;
        bool isUsed = requests > _requestsSeen || prober.HasRequests;
        _requestsSeen = Math.Max(_requestsSeen, requests);
        bool isNeeded = pool.Health.Probe is ProbeState.Awaited || (isUsed && pool.Room.HasPlace);
        if (isNeeded)
        {
            _ = RunAsync();
        }
        else
        {
            PlanNext();
        }
    }

    // A probe that failed is repeated sooner, so that the endpoint is back soon.
    private void PlanNext()
    {
        EndpointHealth health = pool.Health;
        TimeSpan retry = RecoverySchedule.PauseBefore(Math.Max(health.FailedProbes, 1), Scope.Random);
        bool isFailing = health.Probe is ProbeState.Failed or ProbeState.Awaited || health.FailedProbes > 0;
        if (!prober.Probe.Repeats && !isFailing)
        {
            return;
        }

        TimeSpan interval = prober.Probe.Repeats ? prober.Probe.Interval * (0.9 + (0.2 * Scope.Random.NextDouble())) : retry;
        _timer?.Change(isFailing && retry < interval ? retry : interval, Timeout.InfiniteTimeSpan);
    }

    private async Task<string?> ProbeAsync()
    {
        string? failure = await AskAsync().ConfigureAwait(false);
        if (!pool.Draining.IsCancellationRequested)
        {
            Tell(pool.Probes.OnEnded(failure), failure);
        }

        return failure;
    }

    private async Task<string?> AskAsync()
    {
        pool.Probes.OnBegun();
        try
        {
            return pool.TryEnter(out GateLease lease) ? await AskAsync(lease).ConfigureAwait(false) : "the endpoint drains";
        }
        finally
        {
            pool.Probes.OnLeft();
        }
    }

    private async Task<string?> AskAsync(GateLease lease)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, prober.Uri)
        {
            Version = prober.Probe.Version,
            VersionPolicy = prober.Probe.VersionPolicy,
        };
        using NetworkDeadline deadline = new(prober.Probe.Timeout, Scope.Clock.Provider, pool.Draining);
        try
        {
            pool.Probes.OnSent();
            pool.LateDials.KeepHere(request);
            using HttpResponseMessage response = await pool.SendAsync(request, async: true, deadline.Token).ConfigureAwait(false);
            pool.OnAnswered();
            return ApplicationCode.Ask(prober.Probe.IsHealthy, response) ? null : $"{(int)response.StatusCode} ({response.StatusCode})";
        }
        catch (OperationCanceledException)
        {
            return FormattableString.Invariant($"no answer within {prober.Probe.Timeout.TotalSeconds:0.###} s");
        }
        catch (Exception exception)
        {
            return (exception.InnerException ?? exception).Message;
        }
        finally
        {
            pool.Outcomes.OnNeither();
            lease.Dispose();
        }
    }

    private void Tell((EndpointHealth Before, EndpointHealth After) change, string? failure)
    {
        if (change.Before.Probe == change.After.Probe)
        {
            return;
        }

        if (change.After.Probe is ProbeState.Failed)
        {
            Scope.Logger.ProbeFailed(Scope.Owner.Name, pool.Address.Address, prober.Uri.PathAndQuery, failure!);
        }
        else if (change.Before.Probe is ProbeState.Failed)
        {
            Scope.Logger.ProbePassed(Scope.Owner.Name, pool.Address.Address, prober.Uri.PathAndQuery);
        }
    }

    private void End()
    {
        _draining.Unregister();
        _timer?.Dispose();
    }
}
