using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Endpoints;

namespace DnsAwareHttp.Sending;

/// <summary>One open origin: its endpoints, and when it was used.</summary>
internal sealed class OriginCluster
{
    private readonly Origin _origin;
    private readonly OriginScope _scope;
    private readonly IOriginEndpoints _endpoints;
    private readonly RequestSender _sender;
    private readonly OriginUsage _usage;
    private readonly OutlierWatch? _outliers;
    private readonly SampleTimer _samples;
    private readonly Action _sample;
    private int _isSampling;
    private int _isPlanned;

    /// <param name="origin">The origin.</param>
    /// <param name="scope">Shared by all parts of the origin.</param>
    /// <param name="endpoints">Its endpoints.</param>
    /// <param name="sender">Sends requests to the endpoints.</param>
    /// <param name="usage">Knows when requests came.</param>
    /// <param name="outliers">Ejects outliers; null: no endpoint is ejected.</param>
    /// <param name="samples">The timer of the samples; null: one of its own.</param>
    public OriginCluster(
        Origin origin, OriginScope scope, IOriginEndpoints endpoints, RequestSender sender, OriginUsage usage,
        OutlierWatch? outliers = null, SampleTimer? samples = null)
    {
        _outliers = outliers;
        _origin = origin;
        _scope = scope;
        _endpoints = endpoints;
        _sender = sender;
        _usage = usage;
        _samples = samples ?? new SampleTimer(scope.Clock, scope.Logger);
        _sample = Sample;
    }

    /// <summary>The origin. Each request reads it, so it is not copied.</summary>
    public ref readonly Origin Origin => ref _origin;

    /// <summary>Whether it takes no requests any more.</summary>
    public bool IsClosed => _endpoints.IsClosed;

    /// <summary>Whether a request need not wait for an answer.</summary>
    public bool HasEndpoints => _endpoints.Current is not null;

    /// <summary>When a request last came, to within <see cref="SampleTimer.Interval"/>.</summary>
    public DateTimeOffset LastUsed => _usage.LastUsed(_scope.Clock.Now);

    private bool HasRequests => _endpoints.Current is { HasRequests: true };

    /// <summary>Begins to follow DNS. Called once, under no lock.</summary>
    public void Start()
    {
        _scope.Logger.OriginOpened(_scope.Owner.Name);
        _endpoints.Start();
    }

    /// <summary>Sends a request.</summary>
    /// <inheritdoc cref="RequestSender.SendAsync"/>
    public Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, RedirectFollower? redirects, bool async, CancellationToken cancellationToken)
    {
        if (_usage.Mark())
        {
            PlanSample();
        }

        if (_scope.Metrics.CountsCacheRequests)
        {
            _scope.Metrics.OnRequest(isKnown: HasEndpoints, _scope.Answer.IsStale);
        }

        return _scope.Lateness?.IsPossible() == true
            ? SendOnTimeAsync(request, redirects, async, cancellationToken)
            : _sender.SendAsync(request, redirects, async, cancellationToken);
    }

    /// <inheritdoc cref="OriginWarmUp.RunAsync"/>
    public Task WarmUpAsync(CancellationToken cancellationToken)
    {
        if (_usage.Mark())
        {
            PlanSample();
        }

        return OriginWarmUp.RunAsync(Origin, _endpoints, cancellationToken);
    }

    /// <summary>Closes if no request came for a while and no connection is open.</summary>
    public bool CloseIfUnused(TimeSpan idleTimeout)
    {
        DateTimeOffset now = _scope.Clock.Now;
        _usage.Sample(now);
        TimeSpan idle = now - _usage.LastUsed(now);
        if (idle < idleTimeout || IsBusy())
        {
            return false;
        }

        _scope.Logger.OriginClosed(_scope.Owner.Name, idle.TotalSeconds);
        Close(DepartureReason.OriginUnused, "its origin is unused");
        return true;
    }

    /// <summary>Takes no request any more. Requests under way go on; the pools drain without a deadline.</summary>
    public void Close(DepartureReason reason, string detail) => _endpoints.Close(reason, detail);

    /// <summary>Adds what a survey is about.</summary>
    public void AddTo(MetricSurvey survey) => OriginCount.AddTo(survey, _scope, _endpoints.Current, _usage);

    /// <summary>What people see of it now.</summary>
    public OriginView View() => new(Origin, _scope, _endpoints, LastUsed);

    // The process or the machine stood still: an answer that expired long ago is not used before a new one had its chance.
    private async Task<HttpResponseMessage> SendOnTimeAsync(
        HttpRequestMessage request, RedirectFollower? redirects, bool async, CancellationToken cancellationToken)
    {
        await _sender.AwaitLateAnswerAsync(request, async, cancellationToken).ConfigureAwait(false);
        return await _sender.SendAsync(request, redirects, async, cancellationToken).ConfigureAwait(false);
    }

    private void PlanSample()
    {
        if (!IsClosed && Interlocked.Exchange(ref _isPlanned, 1) == 0)
        {
            _samples.Plan(_sample);
        }
    }

    private void Sample()
    {
        Volatile.Write(ref _isPlanned, 0);

        // A request may have planned the next sample while the last one takes long. That one plans the next.
        if (IsClosed || Interlocked.Exchange(ref _isSampling, 1) == 1)
        {
            return;
        }

        bool wasUsed = _usage.Sample(_scope.Clock.Now);
        try
        {
            _endpoints.Sample();
            _outliers?.Sample();
        }
        finally
        {
            Volatile.Write(ref _isSampling, 0);
            if (wasUsed || _usage.WasUsed || HasRequests)
            {
                PlanSample();
            }
        }
    }

    // An origin with a request that waits would be opened again at once. With a full table two such origins would close one another in
    // turn.
    private bool IsBusy() =>
        _usage.HasWaiting || _endpoints.Current?.All.Any(pool => pool.ActiveRequests > 0 || pool.OpenConnections > 0) == true;
}
