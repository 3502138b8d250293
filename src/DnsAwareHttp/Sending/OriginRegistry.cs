using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Diagnostics;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Sending;

/// <summary>The open origins of one handler: opens origins, and closes unused ones.</summary>
internal sealed class OriginRegistry : IMetricSource
{
    private static readonly TimeSpan MaxSweepInterval = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<Origin, OriginCluster> _clusters = new();
    private readonly OrderedLock _opening = new(LockRank.Registry);
    private readonly ClusterFactory _factory;
    private readonly int _maxOrigins;
    private readonly TimeSpan _idleTimeout;
    private readonly TimeSpan _sweepInterval;
    private readonly ILogger _logger;
    private readonly ITimer _sweep;
    private readonly OriginTable _table = new();
    private bool _isClosed;
    private OriginRegistry? _successor;

    /// <summary>Makes an empty registry.</summary>
    /// <param name="factory">Makes clusters.</param>
    /// <param name="maxOrigins">Beyond this number, origins without requests and connections are closed.</param>
    /// <param name="idleTimeout">An origin without a request for this long is closed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public OriginRegistry(ClusterFactory factory, int maxOrigins, TimeSpan idleTimeout, TimeProvider time, ILogger logger)
    {
        _factory = factory;
        _maxOrigins = maxOrigins;
        _idleTimeout = idleTimeout;
        _sweepInterval = idleTimeout / 4 < MaxSweepInterval ? idleTimeout / 4 : MaxSweepInterval;
        _logger = logger;
        _sweep = Background.CreateTimer(
            time, "the sweep of unused origins", logger, this, static registry => registry.CloseUnused(),
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public IEnumerable<OriginCluster> Clusters => _clusters.Values;

    public void AddTo(MetricSurvey survey)
    {
        // Values would take all locks of the dictionary.
        foreach ((_, OriginCluster cluster) in _clusters)
        {
            cluster.AddTo(survey);
        }
    }

    /// <summary>The cluster of an origin that was opened.</summary>
    public bool TryGet(Origin origin, [NotNullWhen(true)] out OriginCluster? cluster)
    {
        cluster = _table.Find(origin);
        return cluster is not null || _clusters.TryGetValue(origin, out cluster);
    }

    /// <summary>The open cluster of an origin, here or in the registry that replaced this one.</summary>
    /// <exception cref="ObjectDisposedException">The handler was disposed.</exception>
    public OriginCluster Open(Origin origin)
    {
        for (OriginRegistry registry = this; ;)
        {
            if (registry.TryOpen(origin, out OriginCluster? cluster))
            {
                return cluster;
            }

            // Closed, by disposal or because the options changed while the request was on its way; maybe more than once.
            registry = registry._successor ?? throw new ObjectDisposedException(typeof(DnsAwareHandler).FullName);
        }
    }

    /// <summary>Opens the origins of another registry, so that their names stay refreshed.</summary>
    public void OpenAll(OriginRegistry predecessor)
    {
        foreach (Origin origin in predecessor._clusters.Keys)
        {
            try
            {
                _ = Open(origin);
            }
            catch (Exception exception)
            {
                // ServiceRecordSelector of the application threw. The next request to this origin meets the same.
                _logger.OriginNotOpened(origin.ToString(), exception);
            }
        }
    }

    /// <summary>Closes all origins. Requests under way go on.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="detail">Why, in words.</param>
    /// <param name="successor">Takes requests that come late; null: they fail.</param>
    public void Close(DepartureReason reason, string detail, OriginRegistry? successor)
    {
        using (_opening.Enter())
        {
            _successor = successor;
            _isClosed = true;
            _sweep.Dispose();
            _factory.Samples.End();
            _table.Clear();
        }

        foreach (OriginCluster cluster in _clusters.Values)
        {
            cluster.Close(reason, detail);
        }

        _clusters.Clear();
    }

    private bool TryOpen(Origin origin, [NotNullWhen(true)] out OriginCluster? cluster)
    {
        if (_clusters.TryGetValue(origin, out cluster) && !cluster.IsClosed)
        {
            return true;
        }

        // Before the lock: the application may be asked.
        string? service = _factory.ServiceOf(origin);
        using (_opening.Enter())
        {
            if (_isClosed)
            {
                return false;
            }

            if (_clusters.TryGetValue(origin, out cluster) && !cluster.IsClosed)
            {
                return true;
            }

            MakeRoom_NeedsLock();
            cluster = _clusters[origin] = _factory.Make(origin, service);
            _table.Add(cluster);
        }

        // After the lock: the first answer may come at once, and the application be asked about it. A request that finds the cluster before
        // asks itself.
        cluster.Start();
        return true;
    }

    private void MakeRoom_NeedsLock()
    {
        _opening.AssertHeld();
        if (_clusters.IsEmpty)
        {
            _sweep.Change(_sweepInterval, _sweepInterval);
        }
        else if (_clusters.Count >= _maxOrigins)
        {
            CloseLeastRecentlyUsed_NeedsLock();
        }
    }

    // A tenth goes at once, so that a full table does not sort itself for each new origin. Origins with a request or a connection stay.
    private void CloseLeastRecentlyUsed_NeedsLock()
    {
        _opening.AssertHeld();
        OriginCluster[] leastRecent =
        [
            .. _clusters.Values.Select(cluster => (Cluster: cluster, cluster.LastUsed)).OrderBy(pair => pair.LastUsed)
                .Take((_maxOrigins / 10) + 1).Select(pair => pair.Cluster),
        ];
        foreach (OriginCluster cluster in leastRecent)
        {
            if (cluster.CloseIfUnused(TimeSpan.Zero))
            {
                Forget_NeedsLock(cluster);
            }
        }
    }

    private void CloseUnused()
    {
        foreach (OriginCluster cluster in _clusters.Values)
        {
            if (cluster.CloseIfUnused(_idleTimeout))
            {
                using (_opening.Enter())
                {
                    Forget_NeedsLock(cluster);
                }
            }
        }

        using (_opening.Enter())
        {
            if (_clusters.IsEmpty && !_isClosed)
            {
                // No origin, no timer.
                _sweep.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Forget_NeedsLock(OriginCluster cluster)
    {
        _opening.AssertHeld();

        // Only this cluster: a request that found it closed may have opened the next one already.
        _clusters.TryRemove(KeyValuePair.Create(cluster.Origin, cluster));
        _table.Remove(cluster);
    }
}
