namespace DnsAwareHttp.Diagnostics;

/// <summary>What a <see cref="MetricSurvey"/> found of one origin.</summary>
internal sealed class OriginTally
{
    private readonly long[] _endpoints = new long[Enum.GetValues<CountedState>().Length];
    private TimeSpan _roundTrips;
    private int _connections;

    /// <summary>The age of the oldest answer in use; null: there is no answer.</summary>
    public TimeSpan? AnswerAge { get; private set; }

    public long Waiting { get; set; }

    /// <summary>The mean round-trip time; null: there is no connection.</summary>
    public TimeSpan? RoundTripTime => _connections == 0 ? null : _roundTrips / _connections;

    public void AddAnswer(TimeSpan age) => AnswerAge = AnswerAge > age ? AnswerAge : age;

    public void AddEndpoint(CountedState state) => _endpoints[(int)state]++;

    public long CountOf(CountedState state) => _endpoints[(int)state];

    public void AddConnection(TimeSpan roundTripTime)
    {
        _roundTrips += roundTripTime;
        _connections++;
    }
}

/// <summary>The states that endpoints are counted by. An endpoint is in one of them.</summary>
internal enum CountedState
{
    /// <summary>No request has used it yet.</summary>
    Idle,

    /// <summary>Its first connection is being opened.</summary>
    Connecting,

    /// <summary>It takes requests.</summary>
    Ready,

    /// <summary>It takes requests, although the latest answer lacks it.</summary>
    Lingering,

    /// <summary>It fails, and is tried again after a pause.</summary>
    BackingOff,

    /// <summary>Its answers are failures, and it takes no requests for a while.</summary>
    Ejected,

    /// <summary>It left, and still has requests or connections.</summary>
    Draining,
}
