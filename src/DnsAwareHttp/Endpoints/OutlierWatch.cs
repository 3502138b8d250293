using System.Collections.Immutable;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Health;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Endpoints;

/// <summary>Ejects the endpoints of one origin that fail while their peers do not, and lets one request try each of them later.</summary>
/// <remarks>
/// Good outcomes cost a few reads. Failures in a row are judged with each failure, the part that fails with each sample. Peers are the
/// endpoints of the same priority. No lock is taken: one thread at a time ejects, and another one that comes meanwhile leaves it to the
/// next failure.
/// </remarks>
/// <param name="scope">The origin.</param>
/// <param name="current">The endpoints that requests are offered now.</param>
internal sealed class OutlierWatch(OriginScope scope, Func<EndpointSet?> current)
{
    private readonly OutlierDetectionOptions _options = scope.Options.OutlierDetection;
    private DateTimeOffset _markedAt = scope.Clock.Now;
    private int _isEjecting;

    /// <summary>A request was answered, and well.</summary>
    public void OnGood(EndpointPool pool)
    {
        DateTimeOffset? since = pool.Outcomes.OnGood();
        if (since is not null)
        {
            OnReturned(pool, scope.Clock.Now - since.Value);
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
                Eject(pool, failure, "trial_failed", $"the request that tried it failed: {failure.Text}");
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
        if (current() is not EndpointSet set)
        {
            return;
        }

        DateTimeOffset now = scope.Clock.Now;
        foreach (IGrouping<int, EndpointPlacement> peers in set.Placements.GroupBy(static place => place.Priority))
        {
            EndpointPool[] pools = [.. peers.Select(static place => place.Pool)];
            Array.ForEach(pools, pool => BeginTrialIfDue(pool, now));
            if (Array.Exists(pools, static pool => pool.Outcomes.Counts.Latest(EndpointOutcomes.Parts).Bad > 0))
            {
                Judge(pools);
            }
        }

        Mark(set, now);
    }

    private static void BeginTrialIfDue(EndpointPool pool, DateTimeOffset now)
    {
        EndpointHealth health = pool.Health;
        if (health.State is not EndpointState.Ejected || now < health.Ejection!.Until)
        {
            return;
        }

        if (health.IsOnTrial)
        {
            pool.Outcomes.KeepTrialConnected();
        }
        else
        {
            pool.Outcomes.BeginTrial();
        }
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
        current() is { Picker.IsSticky: true } && OutlierDetector.FailsAlone(run, peers, _options);

    private ImmutableArray<(EndpointOutcomes Peer, RequestTally Start)> PeersOf(EndpointPool pool) =>
    [
        .. GroupOf(pool).Where(other => other != pool)
            .Select(static other => (other.Outcomes.Counts, other.Outcomes.Counts.Tally)),
    ];

    private EndpointPool[] GroupOf(EndpointPool pool)
    {
        ImmutableArray<EndpointPlacement> all = current()?.Placements ?? [];
        return all.FirstOrDefault(place => place.Pool == pool) is EndpointPlacement own
            ? [.. all.Where(place => place.Priority == own.Priority).Select(static place => place.Pool)]
            : [];
    }

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
        Ejection.Next(pool.Health.Ejection, _options, failure.RetryAfter, scope.Random.NextDouble(), scope.Clock.Now);

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
        pool.Streams.Metrics.OnEjected(kind);
        scope.Logger.EndpointEjected(
            scope.Owner.Name, pool.Address.Address, ejection.Duration.TotalSeconds, ejection.Count, health.Reason);
        scope.Journal.Note(new DnsAwareChange.EndpointEjected
        {
            At = scope.Clock.Now,
            Origin = scope.Owner.Name,
            Address = pool.Address,
            Reason = health.Reason,
            Until = ejection.Until,
        });
    }

    private void OnReturned(EndpointPool pool, TimeSpan ejectedFor)
    {
        scope.Logger.EndpointReturned(scope.Owner.Name, pool.Address.Address, ejectedFor.TotalSeconds);
        scope.Journal.Note(new DnsAwareChange.EndpointReturned
        {
            At = scope.Clock.Now,
            Origin = scope.Owner.Name,
            Address = pool.Address,
            EjectedFor = ejectedFor,
        });
    }
}
