using System.Collections.Concurrent;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Endpoints;

/// <summary>
/// Finds endpoints whose peer went silent, or answers no TLS handshake, and has their pools replaced. Ends connections that stay silent.
/// </summary>
internal sealed class SilenceWatch
{
    private const string Silent = "its peer acknowledges nothing";
    private const string HandshakeSilent = "its peer does not answer the TLS handshake";

    /// <summary>The time between two looks at silent connections.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    /// <summary>The number of endpoints that are dialled at once while only the silent endpoint is connected.</summary>
    private const int MaxDialled = 6;

    private readonly ConcurrentDictionary<EndpointPool, bool> _silent = new();
    private readonly OriginScope _scope;
    private readonly PoolReplacement _replacement;
    private readonly Action _hint;
    private readonly ITimer _look;

    /// <param name="scope">The origin.</param>
    /// <param name="replacement">Replaces pools.</param>
    /// <param name="hint">Called when a pool was replaced: the answer about its address may be old.</param>
    public SilenceWatch(OriginScope scope, PoolReplacement replacement, Action hint)
    {
        _scope = scope;
        _replacement = replacement;
        _hint = hint;
        _look = Background.CreateTimer(
            scope.Clock.Provider, "the look at silent connections", scope.Logger, this, static watch => watch.Look(),
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Samples some endpoints. For one caller at a time.</summary>
    /// <param name="endpoints">The endpoints.</param>
    /// <param name="whole">All endpoints of the origin, which may take their requests.</param>
    public void Sample(EndpointSet endpoints, EndpointSet whole)
    {
        foreach (EndpointPool pool in endpoints.All)
        {
            switch (pool.SampleForSilence())
            {
                case PeerSilence.Tcp:
                    EndIfItStaysSilent(pool);
                    Replace(pool, [.. whole.Preferred.Where(other => other != pool)]);
                    break;
                case PeerSilence.Handshake:
                    StepAround(pool, [.. whole.Preferred.Where(other => other != pool && !other.Health.IsAvoided)]);
                    break;
            }
        }
    }

    private void Replace(EndpointPool pool, EndpointPool[] others)
    {
        if (!Array.Exists(others, other => other.IsConnected))
        {
            // The silent pool is kept until a new connection is open: the whole network may be silent, and come back before that.
            foreach (EndpointPool other in others.Take(MaxDialled))
            {
                _ = other.DialAheadAsync();
            }

            _replacement.Begin(pool, DepartureReason.PeerSilent, Silent);
            return;
        }

        long requests = pool.ActiveRequests;
        if (_replacement.ReplaceNow(pool, DepartureReason.PeerSilent, Silent))
        {
            _scope.Logger.EndpointSilent(_scope.Owner.Name, pool.Address.Address, requests, pool.OpenConnections);
            pool.AbandonDials();
            _hint();
        }
    }

    // Without another endpoint that may be well, a request waits as long as its caller and the runtime allow: the server may be slow.
    private void StepAround(EndpointPool pool, EndpointPool[] others)
    {
        if (!Array.Exists(others, other => other.IsConnected))
        {
            foreach (EndpointPool other in others.Take(MaxDialled))
            {
                _ = other.DialUnlessIdleAsync();
            }

            return;
        }

        // The successor fails from its beginning, until it answers. Requests that wait in the old pool fail to connect, and go elsewhere.
        long requests = pool.ActiveRequests;
        pool.OnConnectTimedOut(ConnectPhase.Handshake);
        if (_replacement.ReplaceNow(pool, DepartureReason.PeerSilent, HandshakeSilent, inheritsHealth: true))
        {
            _scope.Logger.EndpointSilent(_scope.Owner.Name, pool.Address.Address, requests, pool.OpenConnections);
            pool.AbandonDials();
            _hint();
        }
    }

    private void EndIfItStaysSilent(EndpointPool pool)
    {
        if (_silent.TryAdd(pool, true))
        {
            _ = _look.Change(LookInterval, LookInterval);
        }
    }

    private void Look()
    {
        foreach (EndpointPool pool in _silent.Keys.Where(pool => !pool.CutSilent()))
        {
            _ = _silent.TryRemove(pool, out _);
        }

        if (_silent.IsEmpty)
        {
            _ = _look.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
