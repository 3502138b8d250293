using System.Collections.Immutable;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Health;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Endpoints;

/// <summary>Ejects the endpoints of one origin that fail while their peers do not.</summary>
/// <remarks>
/// Good outcomes cost a few reads. Failures in a row are judged with each failure, the part that fails with each sample. Peers are the
/// endpoints of the same priority. No lock is taken: one thread at a time ejects, and another one that comes meanwhile leaves it to the
/// next failure.
/// </remarks>
internal sealed class OutlierWatch
{
    private readonly OriginScope _scope;
    private readonly Func<EndpointSet?> _current;
    private readonly OutlierDetectionOptions _options;
    private readonly OutlierTrials _trials;
    private DateTimeOffset _markedAt;
    private int _isEjecting;

    /// <param name="scope">The origin.</param>
    /// <param name="current">The endpoints that requests are offered now.</param>
    public OutlierWatch(OriginScope scope, Func<EndpointSet?> current)
    {
        _scope = scope;
        _current = current;
        _options = scope.Options.OutlierDetection;
        _markedAt = scope.Clock.Now;
        _trials = new OutlierTrials(scope, (pool, failure, reason) => Eject(pool, failure, "trial_failed", reason), OnReturned);
    }

    /// <summary>A request was answered, and well.</summary>
    public void OnGood(EndpointPool pool)
    {
        DateTimeOffset? since = pool.Outcomes.OnGood();
        if (since is not null)
        {
            OnReturned(pool, since.Value);
        }
    }

    /// <summary>A request failed at its endpoint.</summary>
    /// <param name="pool">The endpoint.</param>
    /// <param name="text">The failure, for people.</param>
    /// <param name="retryAfter">The server asks not to be used for this long; zero: it does not ask.</param>
    public void OnBad(EndpointPool pool, string text, TimeSpan retryAfter = default) => OnBad(pool, new BadOutcome(text, retryAfter));

    /// <summary>The caller of a request gave up before it was answered.</summary>
    public void OnGivenUp(EndpointPool pool) => OnBad(pool, new BadOutcome("no answer until its caller gave up") { IsLate = true });

    private void OnBad(EndpointPool pool, BadOutcome failure)
    {
        FailureRun run = pool.Outcomes.OnBad(failure, () => PeersOf(pool));
        if (pool.Health.State is EndpointState.Ejected)
        {
            if (pool.Outcomes.IsTried)
            {
                _trials.OnFailed(pool, PlaceOf(pool)?.Priority ?? 0, failure);
            }

            return;
        }

        OutcomeCounts peers = run.Peers.Meanwhile;
        bool isAboutNow = run.Peers.AnsweredWellBefore(peers, pool.Outcomes.Counts.Tally);
        if ((isAboutNow && OutlierDetector.FailsInARow(run, peers, _options)) || IsWorthAnother(run, peers))
        {
            Eject(
                pool, failure, "consecutive_failures",
                $"{run.Total} requests in a row failed, the last one: {failure.Text}; of {peers.All} at the other addresses meanwhile: "
                + $"{peers.Bad}");
        }
    }

    /// <summary>Judges the part that fails, and begins the trials that are due. For one caller at a time, a few times a second.</summary>
    public void Sample()
    {
        if (_current() is not EndpointSet set)
        {
            return;
        }

        (int Priority, EndpointPool[] Pools)[] groups =
        [
            .. set.Placements.GroupBy(static place => place.Priority, static place => place.Pool)
                .Select(static peers => (peers.Key, peers.ToArray())),
        ];
        _trials.Sample(groups);
        foreach ((_, EndpointPool[] pools) in groups)
        {
            if (Array.Exists(pools, static pool => pool.Outcomes.Counts.Latest(EndpointOutcomes.Parts).Bad > 0))
            {
                Judge(pools);
            }
        }

        Mark(set, _scope.Clock.Now);
    }

    private void Mark(EndpointSet set, DateTimeOffset now)
    {
        TimeSpan part = _options.Window / EndpointOutcomes.Parts;
        int ended = (int)Math.Clamp((now - _markedAt) / part, 0, EndpointOutcomes.Parts);
        if (ended == 0)
        {
            return;
        }

        _markedAt = now;
        foreach (EndpointPool pool in set.All)
        {
            pool.Outcomes.Counts.Mark(ended);
        }
    }

    private void Judge(EndpointPool[] pools)
    {
        OutcomeCounts[][] each = [.. pools.Select(static pool => pool.Outcomes.Counts.Window())];
        OutcomeCounts[] all =
        [
            .. Enumerable.Range(0, EndpointOutcomes.Parts)
                .Select(part => each.Aggregate(default(OutcomeCounts), (sum, one) => sum + one[part])),
        ];
        foreach ((EndpointPool pool, OutcomeCounts[] own) in pools.Zip(each))
        {
            if (pool.Health.State is not EndpointState.Ejected
                && OutlierDetector.FailsTooOften(own, all, _options) is (OutcomeCounts its, OutcomeCounts peers))
            {
                BadOutcome failure = pool.Outcomes.Counts.Last;
                Eject(
                    pool, failure, "failure_ratio",
                    $"{its.Bad} of its latest {its.All} requests failed, the last one: {failure.Text}; of {peers.All} at the other "
                    + $"addresses meanwhile: {peers.Bad}");
            }
        }
    }

    // One endpoint takes all requests, and nothing is known of its peers.
    private bool IsWorthAnother(FailureRun run, OutcomeCounts peers) =>
        _current() is { Picker.IsSticky: true } && OutlierDetector.FailsAlone(run, peers, _options);

    private ImmutableArray<(EndpointOutcomes Peer, RequestTally Start)> PeersOf(EndpointPool pool) =>
    [
        .. GroupOf(pool).Where(other => other != pool)
            .Select(static other => (other.Outcomes.Counts, other.Outcomes.Counts.Tally)),
    ];

    private EndpointPool[] GroupOf(EndpointPool pool) => PlaceOf(pool) is EndpointPlacement own
        ? [.. (_current()?.Placements ?? []).Where(place => place.Priority == own.Priority).Select(static place => place.Pool)]
        : [];

    private EndpointPlacement? PlaceOf(EndpointPool pool) => _current()?.Placements.FirstOrDefault(place => place.Pool == pool);

    private void Eject(EndpointPool pool, BadOutcome failure, string kind, string reason)
    {
        if (Interlocked.Exchange(ref _isEjecting, 1) == 1)
        {
            return;
        }

        bool isEjected;
        try
        {
            isEjected = MayEject(pool) && pool.Outcomes.Eject(NextEjection(pool, failure), reason);
        }
        finally
        {
            Volatile.Write(ref _isEjecting, 0);
        }

        if (isEjected)
        {
            OnEjected(pool, kind);
        }
    }

    private Ejection NextEjection(EndpointPool pool, BadOutcome failure) =>
        Ejection.Next(pool.Health.Ejection, _options, failure.RetryAfter, _scope.Random.NextDouble(), _scope.Clock.Now);

    private bool MayEject(EndpointPool pool)
    {
        EndpointPool[] usable = [.. GroupOf(pool).Where(static other => other.Health.State is not EndpointState.Failing)];
        int ejected = usable.Count(other => other != pool && other.Health.State is EndpointState.Ejected);
        return pool.Health.State is EndpointState.Ejected
            || (usable.Contains(pool) && OutlierDetector.MayEject(ejected, usable.Length, _options.MaxEjectedShare));
    }

    private void OnEjected(EndpointPool pool, string kind)
    {
        EndpointHealth health = pool.Health;
        Ejection ejection = health.Ejection!;
        OutlierTrials.OnEjected(pool);
        pool.Streams.Metrics.OnEjected(kind);
        _scope.Logger.EndpointEjected(
            _scope.Owner.Name, pool.Address.Address, ejection.Duration.TotalSeconds, ejection.Count, health.Reason);
        _scope.Journal.Note(new DnsAwareChange.EndpointEjected
        {
            At = _scope.Clock.Now,
            Origin = _scope.Owner.Name,
            Address = pool.Address,
            Reason = health.Reason,
            Until = ejection.Until,
        });
    }

    private void OnReturned(EndpointPool pool, DateTimeOffset since)
    {
        TimeSpan ejectedFor = _scope.Clock.Now - since;
        _scope.Logger.EndpointReturned(_scope.Owner.Name, pool.Address.Address, ejectedFor.TotalSeconds);
        _scope.Journal.Note(new DnsAwareChange.EndpointReturned
        {
            At = _scope.Clock.Now,
            Origin = _scope.Owner.Name,
            Address = pool.Address,
            EjectedFor = ejectedFor,
        });
    }
}
