namespace DnsAwareHttp.Health;

/// <summary>
/// The health of one endpoint at one moment: state, reason and counts. Each event makes the next value; nothing here has a clock.
/// </summary>
/// <param name="State">The state of the endpoint.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="Since">Since when.</param>
/// <param name="Failures">Failures in a row: connects, and connections that broke while the endpoint fails.</param>
/// <param name="Breaks">Connections in a row that broke before an answer. A connect does not end the row, an answer does.</param>
/// <param name="IsMisdirected">Whether it answered 421 (Misdirected Request) since the latest answer about its name.</param>
internal sealed record EndpointHealth(
    EndpointState State, string Reason, DateTimeOffset Since, int Failures = 0, int Breaks = 0, bool IsMisdirected = false)
{
    /// <summary>Connections in a row that break before the endpoint fails.</summary>
    public const int MaxBreaks = 3;

    /// <summary>Probes in a row that fail before an endpoint that was well is avoided.</summary>
    public const int MaxFailedProbes = 2;

    private const string Misdirected = "answered 421 (Misdirected Request): avoided until the next answer about its name";

    /// <summary>
    /// Whether one request may try the endpoint, although it fails: it connects again, but it was no failed connect that made it fail.
    /// </summary>
    public bool IsOnTrial { get; init; }

    /// <summary>The latest ejection; null: it was never ejected.</summary>
    public Ejection? Ejection { get; init; }

    /// <summary>What its probes say.</summary>
    public ProbeState Probe { get; init; }

    /// <summary>Probes in a row that failed.</summary>
    public int FailedProbes { get; init; }

    /// <summary>Attempts to recover since the last answer.</summary>
    public int Recoveries { get; init; }

    /// <summary>Whether only an answer shows that the endpoint is well. A connect shows nothing: earlier ones led to no answer.</summary>
    public bool NeedsAnswer => State is EndpointState.Failing && Breaks >= MaxBreaks;

    /// <summary>Whether an answer would change anything. Asked by each request.</summary>
    public bool IsChangedByAnswer => Breaks > 0 || Recoveries > 0;

    /// <summary>Whether other endpoints are preferred.</summary>
    public bool IsAvoided => State is EndpointState.Ejected || IsAvoidedBesidesEjection;

    /// <summary>Whether other endpoints are preferred for another reason than an ejection.</summary>
    public bool IsAvoidedBesidesEjection =>
        State is EndpointState.Failing || IsMisdirected || Probe is ProbeState.Awaited or ProbeState.Failed;

    public static EndpointHealth New(DateTimeOffset now) => new(EndpointState.Idle, "not used yet", now);

    /// <summary>A dial begins. Only the first one changes the state.</summary>
    public EndpointHealth OnDialBegun(DateTimeOffset now) => State is EndpointState.Idle
        ? this with { State = EndpointState.Connecting, Reason = "connecting for the first time", Since = now }
        : this;

    /// <summary>A dial succeeded. An endpoint that needs an answer fails on, and an ejected one stays out.</summary>
    public EndpointHealth OnConnected(DateTimeOffset now) =>
        State is EndpointState.Draining or EndpointState.Ready or EndpointState.Ejected || NeedsAnswer ? this : Ready("connected", now);

    /// <summary>A dial failed.</summary>
    public EndpointHealth OnConnectFailed(string reason, DateTimeOffset now) => State is EndpointState.Draining
        ? this
        : Failing(reason, now);

    /// <summary>
    /// A connection broke before its answer, or its TLS handshake failed. The third one in a row makes the endpoint failing.
    /// </summary>
    public EndpointHealth OnBroken(string reason, DateTimeOffset now)
    {
        if (State is EndpointState.Draining)
        {
            return this;
        }

        int breaks = Breaks + 1;
        return breaks < MaxBreaks && State is not EndpointState.Failing
            ? this with { Breaks = breaks }
            : Failing($"{InARow(breaks)}: {reason}", now) with { Breaks = breaks };
    }

    /// <summary>The endpoint accepted a connection, and did not answer its TLS handshake in time: it fails until it answers.</summary>
    public EndpointHealth OnHandshakeUnanswered(string reason, DateTimeOffset now) => State is EndpointState.Draining
        ? this
        : Failing(reason, now) with { Breaks = Math.Max(MaxBreaks, Breaks + 1) };

    /// <summary>An attempt to recover begins.</summary>
    public EndpointHealth OnRecoveryBegun() => State is EndpointState.Failing ? this with { Recoveries = Recoveries + 1 } : this;

    /// <summary>The endpoint keeps a new connection open, or the time of its ejection is over: one request may try it.</summary>
    public EndpointHealth OnTrialBegun() =>
        (NeedsAnswer || State is EndpointState.Ejected) && !IsOnTrial ? this with { IsOnTrial = true } : this;

    /// <summary>An attempt ended without an answer, for whatever reason: the endpoint is not well yet.</summary>
    /// <remarks>The trial of an ejected endpoint ends with an outcome that tells something of the endpoint.</remarks>
    public EndpointHealth OnUnanswered() => IsOnTrial && State is not EndpointState.Ejected ? this with { IsOnTrial = false } : this;

    /// <summary>The endpoint is an outlier, or failed the request that tried it. A failure to connect stands.</summary>
    public EndpointHealth OnEjected(Ejection ejection, string reason, DateTimeOffset now) =>
        State is EndpointState.Draining or EndpointState.Failing
            ? this
            : this with
            {
                State = EndpointState.Ejected,
                Reason = reason,
                Since = State is EndpointState.Ejected ? Since : now,
                IsOnTrial = false,
                Ejection = ejection,
            };

    /// <summary>A good answer arrived. It ends an ejection whose time is over.</summary>
    public EndpointHealth OnGood(DateTimeOffset now) =>
        State is EndpointState.Ejected && IsOnTrial ? Returned("answered well after its ejection", now) : this;

    /// <summary>The time of the ejection is over, and the probe passed. That ends the ejection if the probe failed meanwhile.</summary>
    public EndpointHealth OnTrialProbePassed(DateTimeOffset now) =>
        State is EndpointState.Ejected && Ejection!.ProbeHasFailed ? Returned("its probe passed after its ejection", now) : this;

    /// <summary>The trial of an ejected endpoint failed, but the others fail, too: the ejection is as long as before.</summary>
    public EndpointHealth OnTrialEnded() => State is EndpointState.Ejected ? this with { IsOnTrial = false } : this;

    /// <summary>A response arrived, whatever its status.</summary>
    /// <remarks>
    /// An endpoint whose connects fail may still answer over an older connection. Only a connect makes it ready, and the pauses between
    /// connects grow on.
    /// </remarks>
    public EndpointHealth OnAnswered(DateTimeOffset now) =>
        !IsChangedByAnswer || State is EndpointState.Draining ? this
        : NeedsAnswer ? Ready("answered", now) with { Breaks = 0, Recoveries = 0 }
        : State is not EndpointState.Failing ? this with { Breaks = 0, Recoveries = 0 }
        : Breaks == 0 ? this
        : this with { Breaks = 0 };

    /// <summary>The endpoint answered 421 (Misdirected Request). The reason of a failure or a drain stands.</summary>
    public EndpointHealth OnMisdirected() => IsMisdirected || State is EndpointState.Draining
        ? this
        : this with { IsMisdirected = true, Reason = ReasonOr(Misdirected) };

    /// <summary>A probe ended. One failure of an endpoint that was well is not believed yet.</summary>
    /// <param name="failure">What is wrong; null: nothing.</param>
    public EndpointHealth OnProbed(string? failure)
    {
        if (State is EndpointState.Draining || (failure is null && Probe is ProbeState.Passed && FailedProbes == 0))
        {
            return this;
        }

        if (failure is not null && State is EndpointState.Ejected && !Ejection!.ProbeHasFailed)
        {
            return (this with { Ejection = Ejection with { ProbeHasFailed = true } }).OnProbed(failure);
        }

        bool isBelieved = Probe is not ProbeState.Passed || FailedProbes + 1 >= MaxFailedProbes;
        return failure is null ? this with { Probe = ProbeState.Passed, FailedProbes = 0, Reason = ReasonOr("its probe passed") }
            : isBelieved ? ProbeFailed(failure)
            : this with { FailedProbes = FailedProbes + 1 };
    }

    /// <summary>The name has a new answer that keeps the endpoint.</summary>
    public EndpointHealth OnNamedAgain() => IsMisdirected
        ? this with { IsMisdirected = false, Reason = ReasonOr("named by a newer answer") }
        : this;

    /// <summary>The endpoint takes no new request any more.</summary>
    public static EndpointHealth Draining(string reason, DateTimeOffset now) => new(EndpointState.Draining, reason, now);

    private EndpointHealth Ready(string reason, DateTimeOffset now) =>
        this with { State = EndpointState.Ready, Reason = reason, Since = now, Failures = 0, IsOnTrial = false };

    private EndpointHealth Failing(string reason, DateTimeOffset now) => this with
    {
        State = EndpointState.Failing,
        Reason = reason,
        Since = State is EndpointState.Failing ? Since : now,
        Failures = Failures + 1,
        IsOnTrial = false,
        Ejection = State is EndpointState.Ejected ? Ejection! with { Ended = now } : Ejection,
    };

    private EndpointHealth Returned(string reason, DateTimeOffset now) =>
        Ready(reason, now) with { Ejection = Ejection! with { Ended = now } };

    private EndpointHealth ProbeFailed(string failure) =>
        this with { Probe = ProbeState.Failed, FailedProbes = FailedProbes + 1, Reason = ReasonOr($"its probe failed: {failure}") };

    private static string InARow(int breaks) => breaks == 1 ? "a connection broke" : $"{breaks} connections in a row broke";

    private string ReasonOr(string other) => State is EndpointState.Failing or EndpointState.Ejected ? Reason : other;
}
