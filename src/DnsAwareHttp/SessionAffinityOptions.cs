using DnsAwareHttp.Handlers;

namespace DnsAwareHttp;

/// <summary>
/// Which requests belong together. They go to one endpoint as long as it is a member and can be connected to. Then the session moves to
/// another endpoint, and stays there.
/// </summary>
/// <remarks>
/// <para>The session of a request is the first that is found: <see cref="DnsAwareHandler.SessionKey"/> in its options (a
/// <see cref="SessionHandler"/> sets it), <see cref="KeySelector"/>, <see cref="HeaderName"/>, <see cref="CookieName"/>,
/// <see cref="QueryParameter"/>. A request without a session goes to any endpoint, as <see cref="DnsAwareOptions.LoadBalancing"/>
/// says. So does the first request of a session.</para>
/// <para>Sessions are per origin. Each handler has its own: other processes choose by themselves. Changed options and rotated primary
/// handlers keep them.</para>
/// </remarks>
public sealed class SessionAffinityOptions
{
    /// <summary>A request header with the session. A response that has it begins the session on the endpoint that answered.</summary>
    /// <value>The name of the header, such as <c>Mcp-Session-Id</c>. Default: null.</value>
    public string? HeaderName { get; set; }

    /// <summary>A cookie with the session. A response that sets it begins the session on the endpoint that answered.</summary>
    /// <value>The name of the cookie; case matters. Default: null.</value>
    /// <remarks>
    /// The <c>Cookie</c> header of the request is read, then the <see cref="SocketsHttpHandler.CookieContainer"/> of the wrapped handler.
    /// </remarks>
    public string? CookieName { get; set; }

    /// <summary>A parameter of the URI's query with the session.</summary>
    /// <value>The name of the parameter; case matters. Default: null.</value>
    public string? QueryParameter { get; set; }

    /// <summary>Gives the session of a request; null or empty for no session.</summary>
    /// <value>Default: null.</value>
    /// <remarks>Called for each request, possibly from several threads; it must be quick. An exception fails the request.</remarks>
    public Func<HttpRequestMessage, string?>? KeySelector { get; set; }

    /// <summary>The most sessions of a handler. Beyond it, sessions that were used longest ago are forgotten.</summary>
    /// <value>1 to 1,000,000. Default: 10,000.</value>
    public int MaxSessions { get; set; } = 10_000;

    /// <summary>A copy. Later changes of this object do not reach it.</summary>
    internal SessionAffinityOptions Snapshot() => (SessionAffinityOptions)MemberwiseClone();

    /// <summary>Whether both options have the same values.</summary>
    internal static bool AreSame(SessionAffinityOptions? one, SessionAffinityOptions? other) =>
        ReferenceEquals(one, other)
        || (one is not null && other is not null
            && one.HeaderName == other.HeaderName
            && one.CookieName == other.CookieName
            && one.QueryParameter == other.QueryParameter
            && DelegateComparison.AreSame(one.KeySelector, other.KeySelector)
            && one.MaxSessions == other.MaxSessions);
}
