namespace DnsAwareHttp.OutcomesBenchmark.Policies;

/// <summary>The times of ejections as Envoy and gRPC have them: base time × ejections, and one less for each interval without one.</summary>
/// <param name="servers">The number of servers.</param>
/// <param name="random">Draws.</param>
internal abstract class IntervalRule(int servers, Random random) : TwoChoices(servers, random)
{
    private const double Interval = 10;
    private const double BaseTime = 30;
    private const double MaxTime = 300;
    private const double MaxPercent = 10;
    private readonly State[] _states = [.. Enumerable.Range(0, servers).Select(static _ => new State())];
    private double _intervalAt;

    public override bool IsOut(int server) => _states[server].IsEjected;

    public override void OnEnded(int server, bool failed, double now)
    {
        base.OnEnded(server, failed, now);
        State state = _states[server];
        (state.Good, state.Bad) = failed ? (state.Good, state.Bad + 1) : (state.Good + 1, state.Bad);
        state.InARow = failed ? state.InARow + 1 : 0;
        if (!state.IsEjected && EjectsAtOnce(state))
        {
            Eject(state, now);
        }
    }

    public override void Tick(double now)
    {
        if (now - _intervalAt < Interval)
        {
            return;
        }

        _intervalAt = now;
        foreach (State outlier in Outliers([.. _states.Where(static state => !state.IsEjected)]))
        {
            Eject(outlier, now);
        }

        foreach (State state in _states)
        {
            (state.Good, state.Bad) = (0, 0);
            if (!state.IsEjected)
            {
                state.Times = Math.Max(0, state.Times - 1);
            }
            else if (now >= state.Since + Math.Min(BaseTime * state.Times, MaxTime))
            {
                state.IsEjected = false;
                state.InARow = 0;
            }
        }

        Publish();
    }

    protected virtual bool EjectsAtOnce(State state) => false;

    protected abstract IEnumerable<State> Outliers(State[] states);

    /// <summary>Success rates of five servers or more, each with 100 requests: less than the mean less 1.9 standard deviations.</summary>
    protected static IEnumerable<State> BelowTheOthers(State[] states)
    {
        State[] judged = [.. states.Where(static state => state.All >= 100)];
        if (judged.Length < 5)
        {
            return [];
        }

        double mean = judged.Average(static state => state.GoodPart);
        double deviation = Math.Sqrt(judged.Average(state => Math.Pow(state.GoodPart - mean, 2)));
        return judged.Where(state => state.GoodPart < mean - (1.9 * deviation));
    }

    // One server may be ejected whatever the percentage is.
    private void Eject(State state, double now)
    {
        int ejected = _states.Count(static other => other.IsEjected);
        if (!state.IsEjected && (ejected == 0 || 100.0 * (ejected + 1) / _states.Length <= MaxPercent))
        {
            state.IsEjected = true;
            state.Since = now;
            state.Times++;
            Publish();
        }
    }

    // Panic: with less than half of the servers in use, all are used.
    private void Publish()
    {
        int[] used = [.. Enumerable.Range(0, Servers).Where(server => !_states[server].IsEjected)];
        Use(used.Length * 2 < Servers ? Enumerable.Range(0, Servers) : used);
    }

    /// <summary>One server.</summary>
    protected sealed class State
    {
        public long Good { get; set; }

        public long Bad { get; set; }

        public int InARow { get; set; }

        public int Times { get; set; }

        public double Since { get; set; }

        public bool IsEjected { get; set; }

        public long All => Good + Bad;

        public double GoodPart => All == 0 ? 1 : (double)Good / All;
    }
}

/// <summary>Envoy's outlier detection with its defaults: five 5xx in a row at once, success rates every 10 s.</summary>
internal sealed class EnvoyRule(int servers, Random random) : IntervalRule(servers, random)
{
    protected override bool EjectsAtOnce(State state) => state.InARow >= 5;

    protected override IEnumerable<State> Outliers(State[] states) => BelowTheOthers(states);
}

/// <summary>gRPC's outlier detection (proposal A50) with its defaults: success rates, and 85 % failures, every 10 s.</summary>
internal sealed class GrpcRule(int servers, Random random) : IntervalRule(servers, random)
{
    protected override IEnumerable<State> Outliers(State[] states)
    {
        State[] judged = [.. states.Where(static state => state.All >= 50)];
        return BelowTheOthers(states).Concat(judged.Length < 5 ? [] : judged.Where(static state => state.GoodPart < 0.15));
    }
}

/// <summary>linkerd's failure accrual with its defaults: seven failures in a row, then one probe after 1 s × 2 up to 1 min.</summary>
internal sealed class LinkerdRule(int servers, Random random) : TwoChoices(servers, random)
{
    private readonly int[] _inARow = new int[servers];
    private readonly int[] _penalties = new int[servers];
    private readonly double[] _until = new double[servers];
    private readonly bool[] _isOut = new bool[servers];
    private readonly bool[] _isProbed = new bool[servers];

    public override bool IsOut(int server) => _isOut[server];

    public override int Pick(double now)
    {
        for (int server = 0; server < Servers; server++)
        {
            if (_isOut[server] && !_isProbed[server] && now >= _until[server])
            {
                _isProbed[server] = true;
                return server;
            }
        }

        return base.Pick(now);
    }

    public override void OnEnded(int server, bool failed, double now)
    {
        base.OnEnded(server, failed, now);
        _inARow[server] = failed ? _inARow[server] + 1 : 0;
        if (_isOut[server] ? _isProbed[server] && failed : _inARow[server] >= 7)
        {
            double penalty = Math.Min(60, Math.Pow(2, _penalties[server]++)) * (1 + (0.5 * Random.NextDouble()));
            (_isOut[server], _isProbed[server], _until[server]) = (true, false, now + penalty);
            Publish();
        }
        else if (_isOut[server] && _isProbed[server])
        {
            (_isOut[server], _isProbed[server], _penalties[server]) = (false, false, 0);
            Publish();
        }
    }

    // Without a server that may be used, a request fails at once.
    private void Publish() => Use(Enumerable.Range(0, Servers).Where(server => !_isOut[server]));
}
