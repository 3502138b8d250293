using System.Collections.Immutable;

namespace DnsAwareHttp.Health;

/// <summary>The outcomes of the requests of one endpoint: exact counts, and the failures in a row.</summary>
/// <remarks>A good outcome costs one read: it writes only when it ends a row of failures.</remarks>
/// <param name="requests">Counts all requests.</param>
internal sealed class EndpointOutcomes(IRequestCounts requests)
{
    /// <summary>The window has so many parts.</summary>
    public const int Parts = 10;

    private volatile OutcomeCounts[] _marks = new OutcomeCounts[Parts];
    private volatile FailureRun? _run;
    private volatile object _last = new BadOutcome("none");
    private long _bad;
    private long _neither;
    private int _marked;

    /// <summary>The failures in a row; null: the latest outcome is good.</summary>
    public FailureRun? Run => _run;

    /// <summary>The latest failure.</summary>
    public BadOutcome Last => (BadOutcome)_last;

    /// <summary>The requests so far.</summary>
    /// <remarks>
    /// The order matters. A request is noted as bad before it stops being under way, so that it never looks good in between.
    /// </remarks>
    public RequestTally Tally
    {
        get
        {
            long sent = requests.TotalRequests;
            long underWay = requests.ActiveRequests;
            return new RequestTally(sent, underWay, Volatile.Read(ref _bad), Volatile.Read(ref _neither));
        }
    }

    /// <summary>A request was answered, and well.</summary>
    public void OnGood()
    {
        if (_run is not null)
        {
            _run = null;
        }
    }

    /// <summary>A request ended in a way that tells nothing of the endpoint.</summary>
    public void OnNeither() => Interlocked.Increment(ref _neither);

    /// <summary>A request failed.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="peers">The other endpoints now.</param>
    /// <returns>The failures in a row, with this one.</returns>
    public FailureRun OnBad(BadOutcome failure, Func<ImmutableArray<(EndpointOutcomes Peer, RequestTally Start)>> peers)
    {
        Interlocked.Increment(ref _bad);
        _last = failure;
        while (true)
        {
            FailureRun? before = _run;
            FailureRun after = before is { Length: < FailureRun.MaxLength }
                ? before with { Length = before.Length + 1, Total = before.Total + 1 }
                : new FailureRun(1, (before?.Total ?? 0) + 1, new PeersSince(peers()));
            if (Interlocked.CompareExchange(ref _run, after, before) == before)
            {
                return after;
            }
        }
    }

    /// <summary>Some parts of the window end. For one caller at a time, as <see cref="Latest"/>.</summary>
    public void Mark(int parts)
    {
        OutcomeCounts counts = Tally.Counts;
        OutcomeCounts[] marks = _marks;
        for (int part = 0; part < parts; part++)
        {
            marks[_marked++ % Parts] = counts;
        }
    }

    /// <summary>The endpoint begins anew: earlier outcomes do not count.</summary>
    public void Forget()
    {
        OutcomeCounts[] marks = new OutcomeCounts[Parts];
        Array.Fill(marks, Tally.Counts);
        _marks = marks;
        _run = null;
    }

    /// <summary>The outcomes of each part of the window, the latest first. It is as long as the time since the last mark.</summary>
    public OutcomeCounts[] Window()
    {
        OutcomeCounts[] parts = new OutcomeCounts[Parts];
        OutcomeCounts later = default;
        for (int part = 0; part < Parts; part++)
        {
            OutcomeCounts since = Latest(part + 1);
            parts[part] = since - later;
            later = since;
        }

        return parts;
    }

    /// <summary>The outcomes since some marks ago, or since the beginning.</summary>
    /// <param name="marks">1 to <see cref="Parts"/>.</param>
    public OutcomeCounts Latest(int marks) => Tally.Counts - _marks[(_marked + Parts - marks) % Parts];
}
