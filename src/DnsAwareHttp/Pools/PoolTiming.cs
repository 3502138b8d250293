using DnsAwareHttp.Health;

namespace DnsAwareHttp.Pools;

/// <summary>
/// Times the requests of a pool, where a policy compares latencies: two looks at the clock for a request, and no object. Of more than a
/// thousand requests a second a part is timed.
/// </summary>
/// <remarks>
/// A time is that of the response headers over a connection that was open: an event stream is answered when it begins, and the dial and the
/// TLS handshake of a new connection are not the server's work. A request that may have waited for a connection counts only if it was
/// quicker than expected.
/// </remarks>
/// <param name="clock">The time of the origin's requests.</param>
internal sealed class PoolTiming(RequestClock clock)
{
    /// <summary>No answer for long counts as an answer of so many expected times, and not more: the request may be a long poll.</summary>
    private const float MaxSilence = 8;

    /// <summary>The bit of a time that says: sent at once. It makes the time differ from 0, too.</summary>
    private const long AtOnce = 1;

    /// <summary>Differs from 0 without <see cref="AtOnce"/>.</summary>
    private const long MinSent = 2;

    /// <summary>A thousand a second tell enough.</summary>
    private const int MaxTimedPerSample = 250;

    private LatencyEstimate _estimate;
    private ulong _cost;
    private long _waitingSince;
    private int _isNoting;
    private volatile uint _stride = 1;
    private uint _sent;

    /// <param name="clock">The time of the origin's requests; null: they are not timed.</param>
    public static PoolTiming? Of(RequestClock? clock) => clock is null ? null : new PoolTiming(clock);

    /// <summary>The mean time to the response headers; null: no request was timed.</summary>
    public TimeSpan? Mean => Known.Expected > 0 ? TimeSpan.FromSeconds(_estimate.Mean) : null;

    /// <summary>The cost of a request now.</summary>
    public PoolCost Cost
    {
        get
        {
            PoolCost known = Known;
            long since = Volatile.Read(ref _waitingSince);
            return since == 0 ? known : AfterSilence(known, (float)clock.Seconds(clock.Latest - since));
        }
    }

    private PoolCost Known => PoolCost.Of(Volatile.Read(ref _cost));

    /// <summary>A request is sent.</summary>
    /// <param name="isAtOnce">Whether it is sent over a connection that is open.</param>
    /// <returns>When, and whether at once; 0: it is not timed.</returns>
    public long OnSent(bool isAtOnce)
    {
        // A lost count is no harm.
        if (_stride > 1 && ++_sent % _stride != 0)
        {
            return 0;
        }

        long now = clock.Read();
        if (Volatile.Read(ref _waitingSince) == 0)
        {
            // Not exact: of two first ones either counts.
            Volatile.Write(ref _waitingSince, now | AtOnce);
        }

        return isAtOnce ? now | AtOnce : Math.Max(now & ~AtOnce, MinSent);
    }

    /// <summary>A request was answered.</summary>
    /// <param name="sent">The result of <see cref="OnSent"/>.</param>
    /// <param name="isGood">False: it is a failure. How fast it came tells nothing: an endpoint that fails at once is not fast.</param>
    public void OnAnswered(long sent, bool isGood)
    {
        if (sent == 0)
        {
            return;
        }

        Volatile.Write(ref _waitingSince, 0);
        long now = clock.Read();
        double latency = clock.Seconds(now - sent);
        if (!isGood)
        {
            Note(now, latency: null);
        }
        else if ((sent & AtOnce) != 0 || latency < Known.Expected)
        {
            Note(now, latency);
        }
    }

    /// <summary>A request ended without an answer.</summary>
    /// <param name="sent">The result of <see cref="OnSent"/>.</param>
    /// <param name="isGivenUp">Whether its caller gave up: the answer would have taken longer.</param>
    /// <param name="wasSent">False: a request that never got a connection tells no latency.</param>
    public void OnUnanswered(long sent, bool isGivenUp, bool wasSent)
    {
        if (!wasSent || sent == 0)
        {
            return;
        }

        long now = clock.Read();
        double latency = clock.Seconds(now - sent);
        if (!isGivenUp)
        {
            Note(now, latency: null);
        }
        else if ((sent & AtOnce) != 0 && latency > Known.Expected)
        {
            Note(now, latency);
        }
    }

    /// <summary>No request is under way: none waits.</summary>
    public void OnEmpty() => Volatile.Write(ref _waitingSince, 0);

    /// <summary>Evidence fades, and is gathered from fewer requests while there are many. Called while requests flow.</summary>
    /// <param name="requests">The requests since the latest sample.</param>
    public void Sample(long requests)
    {
        _stride = (uint)Math.Max(requests / MaxTimedPerSample, 1);
        if (Known.Expected > 0 && TryBegin())
        {
            End(clock.Seconds(clock.Latest));
        }
    }

    private static PoolCost AfterSilence(PoolCost known, float silence) =>
        silence > 2 * (known.Expected + known.Doubt) && known.Expected > 0
            ? known with { Expected = Math.Min(silence, MaxSilence * known.Expected) }
            : known;

    // Of two answers at the same time one counts.
    private void Note(long now, double? latency)
    {
        if (TryBegin())
        {
            double at = clock.Seconds(now);
            _estimate = latency is double seconds ? _estimate.After(seconds, at) : _estimate.AfterFailure(at);
            End(at);
        }
    }

    private bool TryBegin() => Interlocked.CompareExchange(ref _isNoting, 1, 0) == 0;

    private void End(double now)
    {
        if (_estimate.Answers > 0)
        {
            Volatile.Write(ref _cost, new PoolCost((float)_estimate.Cost, (float)_estimate.DoubtAt(now)).Word);
        }

        Volatile.Write(ref _isNoting, 0);
    }
}
