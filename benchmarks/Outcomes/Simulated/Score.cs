using DnsAwareHttp.OutcomesBenchmark.Traces;

namespace DnsAwareHttp.OutcomesBenchmark.Simulated;

/// <summary>What a rule did to the requests of a trace.</summary>
/// <param name="trace">The trace.</param>
internal sealed class Score(Trace trace)
{
    /// <summary>The shares are told from the requests of so many seconds.</summary>
    private const double ShareSeconds = 10;

    private readonly double _recovered = (trace.Recovery ?? double.MaxValue) + 1;
    private readonly long[] _requestsAfterRecovery = new long[trace.Endpoints];
    private long _afterOnset;
    private long _hurtAfterOnset;
    private long _afterASecond;
    private long _sickAfterASecond;

    /// <summary>Ejections of servers that were no worse than their peers.</summary>
    public int Needless { get; private set; }

    public int Ejections { get; private set; }

    /// <summary>The largest part that was out at one time.</summary>
    public double MaxOut { get; private set; }

    /// <summary>The part of the requests that failed since the onset.</summary>
    public double Hurt => _afterOnset == 0 ? 0 : (double)_hurtAfterOnset / _afterOnset;

    /// <summary>The part of the requests that sick servers got, from one second after the onset.</summary>
    public double SickShare => _afterASecond == 0 ? 0 : (double)_sickAfterASecond / _afterASecond;

    /// <summary>Requests that failed, sent from one second after the end of an outage of all.</summary>
    public long HurtAfterRecovery { get; private set; }

    /// <summary>The largest part that was out from one second after the end of an outage of all.</summary>
    public double MaxOutAfterRecovery { get; private set; }

    /// <summary>
    /// The requests of the server that had the fewest, from one second after the end of an outage of all, as a part of an even share.
    /// </summary>
    public double LeastShareAfterRecovery => _requestsAfterRecovery.Sum() is long sum and > 0
        ? (double)_requestsAfterRecovery.Min() * _requestsAfterRecovery.Length / sum
        : 1;

    /// <param name="now">When it was sent.</param>
    /// <param name="server">Where; below 0: nowhere.</param>
    /// <param name="isSick">Whether the server is sick.</param>
    /// <param name="failed">Whether the request fails.</param>
    public void OnRequest(double now, int server, bool isSick, bool failed)
    {
        if (now >= Trace.Onset)
        {
            _afterOnset++;
            _hurtAfterOnset += failed ? 1 : 0;
        }

        if (now >= Trace.Onset + 1)
        {
            _afterASecond++;
            _sickAfterASecond += isSick ? 1 : 0;
        }

        if (now >= _recovered)
        {
            HurtAfterRecovery += failed ? 1 : 0;
            if (server >= 0 && now < _recovered + ShareSeconds)
            {
                _requestsAfterRecovery[server]++;
            }
        }
    }

    public void OnEjected(bool isNeeded)
    {
        Ejections++;
        Needless += isNeeded ? 0 : 1;
    }

    public void OnOut(double now, double part)
    {
        MaxOut = Math.Max(MaxOut, part);
        MaxOutAfterRecovery = now >= _recovered ? Math.Max(MaxOutAfterRecovery, part) : 0;
    }
}
