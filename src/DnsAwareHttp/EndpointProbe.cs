using System.Net;
using DnsAwareHttp.Handlers;

namespace DnsAwareHttp;

/// <summary>A small request of the library's own to each endpoint: it opens the connection of a new one, and checks those in use.</summary>
/// <remarks>
/// <para>The request is a GET to the origin's own host, over the endpoint's own connections. So a connection that it opened, TLS included,
/// serves requests afterwards. The runtime's metrics and activities count it as a request.</para>
/// <para>One probe at a time is under way to an endpoint. An origin that no request used since the last probe is not probed, and neither is
/// a proxy, nor an endpoint whose connections all are in use.</para>
/// </remarks>
public sealed class EndpointProbe
{
    /// <summary>Path and query of the request.</summary>
    /// <value>Begins with a slash. Default: <c>/</c>.</value>
    public string Path { get; set; } = "/";

    /// <summary>The time between two probes of one endpoint. A fifth of it varies at random.</summary>
    /// <value>
    /// 1 s to 1 day, or <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>: only new endpoints are probed. Default: 10 s.
    /// </value>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The time from the beginning of a probe, the connect included, to the headers of its response.</summary>
    /// <value>Above 0, up to 1 min. Default: 2 s.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Tells whether the response is that of a healthy endpoint.</summary>
    /// <value>Default: status 200 to 299.</value>
    /// <remarks>It must be quick. An exception counts as a failure of the probe.</remarks>
    public Func<HttpResponseMessage, bool> IsHealthy { get; set; } = IsSuccess;

    /// <summary>Whether a new endpoint gets requests only after its first probe has passed, while others can take them.</summary>
    /// <value>Default: true.</value>
    public bool WarmUp { get; set; } = true;

    /// <summary>The HTTP version of the request. Use that of your own requests: another version has connections of its own.</summary>
    /// <value>1.0, 1.1 or 2.0. Default: 1.1, as <see cref="HttpClient.DefaultRequestVersion"/>.</value>
    public Version Version { get; set; } = HttpVersion.Version11;

    /// <summary>How the version is chosen, as <see cref="HttpClient.DefaultVersionPolicy"/>.</summary>
    /// <value>Default: <see cref="HttpVersionPolicy.RequestVersionOrLower"/>.</value>
    public HttpVersionPolicy VersionPolicy { get; set; } = HttpVersionPolicy.RequestVersionOrLower;

    /// <summary>Whether endpoints are probed again and again.</summary>
    internal bool Repeats => Interval != System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>Whether both probes are the same; null is no probe.</summary>
    internal static bool AreSame(EndpointProbe? left, EndpointProbe? right) => left is null || right is null
        ? left == right
        : left.Path == right.Path
            && left.Interval == right.Interval
            && left.Timeout == right.Timeout
            && DelegateComparison.AreSame(left.IsHealthy, right.IsHealthy)
            && left.WarmUp == right.WarmUp
            && left.Version == right.Version
            && left.VersionPolicy == right.VersionPolicy;

    /// <summary>A copy. Later changes of this object do not reach it.</summary>
    internal EndpointProbe Snapshot() => (EndpointProbe)MemberwiseClone();

    /// <summary>Adds the mistakes in this probe.</summary>
    internal void Validate(string name, OptionProblems problems)
    {
        if (Path is null || !Path.StartsWith('/') || Path.StartsWith("//", StringComparison.Ordinal))
        {
            problems.Add($"{name}.{nameof(Path)} is \"{Path}\"; give a path that begins with one slash, such as \"/health\".");
        }

        if (Repeats)
        {
            problems.Between($"{name}.{nameof(Interval)}", Interval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        }

        problems.PositiveUpTo($"{name}.{nameof(Timeout)}", Timeout, TimeSpan.FromMinutes(1));
        if (IsHealthy is null)
        {
            problems.Add($"{name}.{nameof(IsHealthy)} is null; give a function, or leave the default.");
        }

        if (Version is null || (Version != HttpVersion.Version10 && Version != HttpVersion.Version11 && Version != HttpVersion.Version20))
        {
            problems.Add($"{name}.{nameof(Version)} is {Version?.ToString() ?? "null"}; give 1.0, 1.1 or 2.0.");
        }

        if (!Enum.IsDefined(VersionPolicy))
        {
            problems.Add($"{name}.{nameof(VersionPolicy)} is {(int)VersionPolicy}; give a value of {nameof(HttpVersionPolicy)}.");
        }
    }

    private static bool IsSuccess(HttpResponseMessage response) => response.IsSuccessStatusCode;
}
