using DnsAwareHttp.Health;

namespace DnsAwareHttp.Pools;

/// <summary>The present health of one pool. Each event replaces it, and the observer hears of a change that concerns others.</summary>
/// <param name="pool">The pool.</param>
/// <param name="observer">Hears of changes; null for no observer.</param>
/// <param name="now">The clock.</param>
internal sealed class PoolHealth(EndpointPool pool, IPoolObserver? observer, Func<DateTimeOffset> now)
{
    /// <summary>A request that takes the place of a trial is sent within this time, unless it went elsewhere.</summary>
    private static readonly TimeSpan MaxTrialDelay = TimeSpan.FromMilliseconds(250);

    private volatile EndpointHealth _current = EndpointHealth.New(now());

    /// <summary>The endpoint gets no requests before its first probe has passed, while others can take them.</summary>
    public bool AwaitsProbe
    {
        init => _current = value ? _current with { Probe = ProbeState.Awaited } : _current;
    }

    private long _triedAt;

    public EndpointHealth Current => _current;

    /// <summary>Takes the place of the one request that may try the endpoint. False: there is no such place, or it is taken.</summary>
    /// <remarks>
    /// The request that took it may still go elsewhere: it was cancelled, or another one was quicker and took its connection. The place is
    /// then free again.
    /// </remarks>
    /// <param name="isUnderWay">Whether a request is inside.</param>
    public bool TryTakeTrial(bool isUnderWay)
    {
        long before = Volatile.Read(ref _triedAt);
        long at = now().UtcTicks;
        bool isTaken = before != 0 && (isUnderWay || at - before < MaxTrialDelay.Ticks);
        return _current.IsOnTrial && !isTaken && Interlocked.CompareExchange(ref _triedAt, at, before) == before;
    }

    /// <summary>The health of a pool that is not offered yet, as that of the pool before it. The observer hears nothing.</summary>
    public void Inherit(EndpointHealth health) => _current = health;

    public void OnDialBegun() => Advance(static (health, now) => health.OnDialBegun(now));

    public void OnDialled(Exception? failure)
    {
        EndpointHealth before = _current;
        Advance(before, failure is null ? before.OnConnected(now()) : before.OnConnectFailed(failure.Message, now()));
    }

    public void OnBroken(string reason)
    {
        EndpointHealth before = _current;
        Advance(before, before.OnBroken(reason, now()));
    }

    /// <summary>A connect, or the handshake after it, took too long.</summary>
    public void OnConnectTimedOut(ConnectPhase phase)
    {
        EndpointHealth before = _current;
        Advance(before, phase is ConnectPhase.Dial
            ? before.OnConnectFailed("the connect timed out", now())
            : before.OnHandshakeUnanswered("it accepts connections, and does not complete the TLS handshake", now()));
    }

    public void OnRecoveryBegun() => Advance(static (health, _) => health.OnRecoveryBegun());

    /// <summary>One request may try the endpoint: the next one, if the trial before had no end yet.</summary>
    public void OnTrialBegun()
    {
        Volatile.Write(ref _triedAt, 0);
        Advance(static (health, _) => health.OnTrialBegun());
    }

    public void OnUnanswered() => Advance(static (health, _) => health.OnUnanswered());

    // Each request comes here. Nearly always there is nothing to change, and the clock is not read.
    public void OnAnswered()
    {
        if (_current.IsChangedByAnswer)
        {
            Advance(static (health, now) => health.OnAnswered(now));
        }
    }

    /// <summary>A good answer ends an ejection.</summary>
    /// <returns>False: another event was quicker.</returns>
    public bool Return(EndpointHealth before) => Advance(before, before.OnGood(now()));

    /// <summary>The probe of an ejected endpoint passed, whose time is over.</summary>
    /// <returns>False: that does not end the ejection, or another event was quicker.</returns>
    public bool ReturnByProbe(EndpointHealth before) => Advance(before, before.OnTrialProbePassed(now()));

    public void OnTrialEnded() => Advance(static (health, _) => health.OnTrialEnded());

    /// <summary>The endpoint is an outlier. A change at the same time may be quicker; then the next failure ejects it.</summary>
    /// <returns>Whether it is ejected.</returns>
    public bool Eject(Ejection ejection, string reason)
    {
        EndpointHealth before = _current;
        return Advance(before, before.OnEjected(ejection, reason, now()));
    }

    /// <summary>Whether a request took the place of the trial.</summary>
    public bool IsTried => _current.IsOnTrial && Volatile.Read(ref _triedAt) != 0;

    /// <summary>A probe ended.</summary>
    /// <returns>The health before and after it; the same if nothing has changed.</returns>
    public (EndpointHealth Before, EndpointHealth After) OnProbed(string? failure)
    {
        while (true)
        {
            EndpointHealth before = _current;
            EndpointHealth after = before.OnProbed(failure);
            if (ReferenceEquals(before, after) || Advance(before, after))
            {
                return (before, after);
            }
        }
    }

    public void OnMisdirected() => Advance(static (health, _) => health.OnMisdirected());

    /// <summary>The name has a new answer. The caller makes a new set of endpoints: the observer hears nothing.</summary>
    public void OnNamedAgain()
    {
        EndpointHealth before = _current;
        Interlocked.CompareExchange(ref _current, before.OnNamedAgain(), before);
    }

    public void OnDraining(string reason) => _current = EndpointHealth.Draining(reason, now());

    private void Advance(Func<EndpointHealth, DateTimeOffset, EndpointHealth> change)
    {
        EndpointHealth before = _current;
        Advance(before, change(before, now()));
    }

    // Of two changes at the same time the second is dropped. The next dial or request brings the same news.
    private bool Advance(EndpointHealth before, EndpointHealth after)
    {
        bool stands = !ReferenceEquals(before, after) && Interlocked.CompareExchange(ref _current, after, before) == before;
        bool concernsOthers = before.IsMisdirected != after.IsMisdirected || before.IsOnTrial != after.IsOnTrial
            || before.IsAvoided != after.IsAvoided
            || (before.State is EndpointState.Failing) != (after.State is EndpointState.Failing)
            || (before.State is EndpointState.Ejected) != (after.State is EndpointState.Ejected);
        if (stands && concernsOthers)
        {
            observer?.OnHealthChanged(pool);
        }

        return stands;
    }
}
