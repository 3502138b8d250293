namespace DnsAwareHttp.Health;

/// <summary>
/// The health of one endpoint at one moment: state, reason and counts. Each event makes the next value; nothing here has a clock.
/// </summary>
/// <param name="State">The state of the endpoint.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="Since">Since when.</param>
/// <param name="Failures">Connects that failed in a row.</param>
/// <param name="Breaks">Connections in a row that broke before an answer. A connect does not end the row, an answer does.</param>
/// <param name="IsMisdirected">Whether it answered 421 (Misdirected Request) since the latest answer about its name.</param>
internal sealed record EndpointHealth(
    EndpointState State, string Reason, DateTimeOffset Since, int Failures = 0, int Breaks = 0, bool IsMisdirected = false)
{
    private const int MaxBreaks = 3;
    private const string Misdirected = "answered 421 (Misdirected Request): avoided until the next answer about its name";

    /// <summary>Whether other endpoints are preferred.</summary>
    public bool IsAvoided => State is EndpointState.Failing || IsMisdirected;

    public static EndpointHealth New(DateTimeOffset now) => new(EndpointState.Idle, "not used yet", now);

    /// <summary>A dial begins. Only the first one changes the state.</summary>
    public EndpointHealth OnDialBegun(DateTimeOffset now) => State is EndpointState.Idle
        ? this with { State = EndpointState.Connecting, Reason = "connecting for the first time", Since = now }
        : this;

    /// <summary>A dial succeeded.</summary>
    public EndpointHealth OnConnected(DateTimeOffset now) => State is EndpointState.Draining or EndpointState.Ready
        ? this
        : new EndpointHealth(EndpointState.Ready, "connected", now, 0, Breaks, IsMisdirected);

    /// <summary>A dial failed.</summary>
    public EndpointHealth OnConnectFailed(string reason, DateTimeOffset now) => State is EndpointState.Draining
        ? this
        : new EndpointHealth(EndpointState.Failing, reason, FailingSince(now), Failures + 1, Breaks, IsMisdirected);

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
            : new EndpointHealth(
                EndpointState.Failing, $"{InARow(breaks)}: {reason}", FailingSince(now), Failures + 1, breaks, IsMisdirected);
    }

    /// <summary>A response arrived, whatever its status.</summary>
    public EndpointHealth OnAnswered() => Breaks == 0 ? this : this with { Breaks = 0 };

    /// <summary>The endpoint answered 421 (Misdirected Request). The reason of a failure or a drain stands.</summary>
    public EndpointHealth OnMisdirected() => IsMisdirected || State is EndpointState.Draining
        ? this
        : this with { IsMisdirected = true, Reason = ReasonOr(Misdirected) };

    /// <summary>The name has a new answer that keeps the endpoint.</summary>
    public EndpointHealth OnNamedAgain() => IsMisdirected
        ? this with { IsMisdirected = false, Reason = ReasonOr("named by a newer answer") }
        : this;

    /// <summary>The endpoint takes no new request any more.</summary>
    public static EndpointHealth Draining(string reason, DateTimeOffset now) => new(EndpointState.Draining, reason, now);

    private static string InARow(int breaks) => breaks == 1 ? "a connection broke" : $"{breaks} connections in a row broke";

    private string ReasonOr(string other) => State is EndpointState.Failing ? Reason : other;

    private DateTimeOffset FailingSince(DateTimeOffset now) => State is EndpointState.Failing ? Since : now;
}
