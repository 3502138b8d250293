using DnsAwareHttp.OutcomesBenchmark.Traces;

namespace DnsAwareHttp.OutcomesBenchmark.Simulated;

/// <summary>What a rule did to the requests of a trace.</summary>
internal sealed class Score
{
    private long _afterOnset;
    private long _hurtAfterOnset;
    private long _afterASecond;
    private long _sickAfterASecond;
    private long _afterRecovery;
    private long _hurtAfterRecovery;

    /// <summary>Ejections of servers that were no worse than their peers.</summary>
    public int Needless { get; private set; }

    public int Ejections { get; private set; }

    /// <summary>The largest part that was out at one time.</summary>
    public double MaxOut { get; private set; }

    /// <summary>The part of the requests that failed since the onset.</summary>
    public double Hurt => _afterOnset == 0 ? 0 : (double)_hurtAfterOnset / _afterOnset;

    /// <summary>The part of the requests that sick servers got, from one second after the onset.</summary>
    public double SickShare => _afterASecond == 0 ? 0 : (double)_sickAfterASecond / _afterASecond;

    /// <summary>The part of the requests that failed from one second after the end of an outage of five minutes.</summary>
    public double HurtAfterRecovery => _afterRecovery == 0 ? 0 : (double)_hurtAfterRecovery / _afterRecovery;

    public void OnRequest(double now, bool isSick, bool failed)
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

        if (now >= Trace.Onset + 301)
        {
            _afterRecovery++;
            _hurtAfterRecovery += failed ? 1 : 0;
        }
    }

    public void OnEjected(bool isNeeded)
    {
        Ejections++;
        Needless += isNeeded ? 0 : 1;
    }

    public void OnOut(double part) => MaxOut = Math.Max(MaxOut, part);
}
