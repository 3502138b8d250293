using System.Net;
using DnsAwareHttp.Handlers;

namespace DnsAwareHttp;

/// <summary>When an endpoint is ejected: its answers are failures, and those of its peers are not.</summary>
/// <remarks>
/// <para>An ejected endpoint gets no new request for a while. Then one trial request decides on its return. Its connections stay open,
/// and requests under way go on.</para>
/// <para>These count as failures: responses that <see cref="IsFailure"/> names, connections and HTTP/2 streams that end without a
/// response, TLS handshakes that fail, and requests whose caller gave up before the response headers arrived.</para>
/// </remarks>
public sealed class OutlierDetectionOptions
{
    /// <summary>Whether endpoints are ejected. False: outcomes of requests are not even counted.</summary>
    /// <value>Default: true.</value>
    public bool Enabled { get; set; } = true;

    /// <summary>The failures in a row that make an endpoint an outlier, if its peers answered well meanwhile.</summary>
    /// <value>1 to 1,000. Default: 5.</value>
    /// <remarks>
    /// More are needed while the peers fail, too, or have answered only a few requests since the row began. So one failure alone ejects no
    /// endpoint.
    /// </remarks>
    public int ConsecutiveFailures { get; set; } = 5;

    /// <summary>The part of the requests that fails at an outlier, over <see cref="Window"/> or the latest part of it.</summary>
    /// <value>Above 0, up to 1. Default: 0.5.</value>
    /// <remarks>The part that fails at its peers must be half of it at most.</remarks>
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>The requests of an endpoint that <see cref="FailureRatio"/> is told from.</summary>
    /// <value>1 to 1,000,000. Default: 20.</value>
    public int MinRequests { get; set; } = 20;

    /// <summary>The time over which <see cref="FailureRatio"/> is told.</summary>
    /// <value>1 s to 10 min. Default: 10 s.</value>
    public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The time of the first ejection. Each further one in a row takes twice as long.</summary>
    /// <value>Above 0, up to <see cref="MaxEjectionTime"/>. Default: 10 s.</value>
    /// <remarks>
    /// <para>Up to a fifth is added at random, so that many clients do not send their trial requests at one moment. A longer
    /// <c>Retry-After</c> of a failed response is waited for, too (RFC 9110 section 10.2.3).</para>
    /// <para>An ejection follows another one "in a row" if the endpoint has been back for less time than it was away.</para>
    /// </remarks>
    public TimeSpan EjectionTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest time of an ejection. It bounds <c>Retry-After</c>, too.</summary>
    /// <value>Above 0, up to 1 day. Default: 5 min.</value>
    public TimeSpan MaxEjectionTime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The part of the endpoints that may be ejected at one time.</summary>
    /// <value>0 to 1. Default: 0.5.</value>
    /// <remarks>
    /// Endpoints that cannot be connected to do not count. If endpoints fail or leave, so that more than this part is out, all are used.
    /// </remarks>
    public double MaxEjectedShare { get; set; } = 0.5;

    /// <summary>Tells whether a response is a failure of its endpoint.</summary>
    /// <value>Default: 502 (Bad Gateway), 503 (Service Unavailable) and 504 (Gateway Timeout).</value>
    /// <remarks>
    /// Called for each response, possibly from several threads, before the caller has it. It must be quick, and leave the content alone. An
    /// exception is logged, and the default decides.
    /// </remarks>
    public Func<HttpResponseMessage, bool> IsFailure { get; set; } = IsFailureByDefault;

    /// <summary>Whether <see cref="IsFailure"/> is the default.</summary>
    internal bool HasDefaultRule => IsFailure == (Func<HttpResponseMessage, bool>)IsFailureByDefault;

    /// <summary>The default of <see cref="IsFailure"/>.</summary>
    internal static bool IsFailureByDefault(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    /// <summary>A copy. Later changes of this object do not reach it.</summary>
    internal OutlierDetectionOptions Snapshot() => (OutlierDetectionOptions)MemberwiseClone();

    /// <summary>Whether both options have the same values.</summary>
    internal bool IsSameAs(OutlierDetectionOptions other) =>
        Enabled == other.Enabled
        && ConsecutiveFailures == other.ConsecutiveFailures
        && FailureRatio == other.FailureRatio
        && MinRequests == other.MinRequests
        && Window == other.Window
        && EjectionTime == other.EjectionTime
        && MaxEjectionTime == other.MaxEjectionTime
        && MaxEjectedShare == other.MaxEjectedShare
        && DelegateComparison.AreSame(IsFailure, other.IsFailure);

    /// <summary>Adds the mistakes in these options.</summary>
    internal void Validate(string name, OptionProblems problems)
    {
        problems.Between($"{name}.{nameof(ConsecutiveFailures)}", ConsecutiveFailures, 1, 1000);
        if (!(FailureRatio > 0 && FailureRatio <= 1))
        {
            problems.Add(FormattableString.Invariant($"{name}.{nameof(FailureRatio)} is {FailureRatio}; give a number above 0, up to 1."));
        }

        problems.Between($"{name}.{nameof(MinRequests)}", MinRequests, 1, 1_000_000);
        problems.Between($"{name}.{nameof(Window)}", Window, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        problems.PositiveUpTo($"{name}.{nameof(MaxEjectionTime)}", MaxEjectionTime, TimeSpan.FromDays(1));
        problems.PositiveUpTo($"{name}.{nameof(EjectionTime)}", EjectionTime, MaxEjectionTime);
        if (!(MaxEjectedShare >= 0 && MaxEjectedShare <= 1))
        {
            problems.Add(FormattableString.Invariant($"{name}.{nameof(MaxEjectedShare)} is {MaxEjectedShare}; give a number from 0 to 1."));
        }

        if (IsFailure is null)
        {
            problems.Add($"{name}.{nameof(IsFailure)} is null; give a function, or leave the default.");
        }
    }
}
