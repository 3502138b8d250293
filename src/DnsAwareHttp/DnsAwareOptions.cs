using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp;

/// <summary>How a <see cref="DnsAwareHandler"/> follows DNS, balances, connects and drains. Read when the handler is made; for clients of a factory also when the configuration changes.</summary>
/// <remarks>
/// <para>All values are checked then; an <see cref="Microsoft.Extensions.Options.OptionsValidationException"/> reports every mistake at once, each with the value found.</para>
/// <para>A client that was added by <c>AddDnsAwareHandler</c> takes changed options while it runs and fails no request for it: new requests go over new connections that follow the new
/// options, and those open before end with their last response, without a deadline. When no value has changed nothing happens; a delegate has when it is not equal to the one before.
/// Options with mistakes are not used: an error is logged that names them, and those before stay.</para>
/// </remarks>
public sealed class DnsAwareOptions
{
    /// <summary>Which addresses stay in use when the answers change. Default: <see cref="MembershipMode.Adaptive"/>.</summary>
    public MembershipMode Membership { get; set; } = MembershipMode.Adaptive;

    /// <summary>
    /// Another <see cref="Membership"/> for the origins of some hosts. Keys are host names as they are resolved (the proxy's where one is used; IDN in its ASCII form), or
    /// <c>host:port</c>, which goes before the host alone. Case does not matter. Default: empty.
    /// </summary>
    public IDictionary<string, MembershipMode> MembershipByHost { get; private set; } = new Dictionary<string, MembershipMode>(StringComparer.OrdinalIgnoreCase);

    /// <summary>How requests are spread over the endpoints of an origin. Default: <see cref="LoadBalancingPolicy.LeastRequests"/>.</summary>
    public LoadBalancingPolicy LoadBalancing { get; set; } = LoadBalancingPolicy.LeastRequests;

    /// <summary>
    /// Default: <see cref="System.Net.Sockets.AddressFamily.Unspecified"/>, both. With <see cref="System.Net.Sockets.AddressFamily.InterNetwork"/> or
    /// <see cref="System.Net.Sockets.AddressFamily.InterNetworkV6"/> only that family is asked for and used.
    /// </summary>
    public AddressFamily AddressFamily { get; set; } = AddressFamily.Unspecified;

    /// <summary>
    /// An address for which this returns false, or throws, is never dialled. Default: none, all are allowed. It is asked about every address on every
    /// path (DNS, hosts file, IP literals, redirects, proxies), possibly from several threads, and must be quick: it guards against requests to internal addresses.
    /// <see cref="AddressFilters.PublicOnly"/> is one. Through a proxy the origin's address is the proxy's affair. Requests that may travel over HTTP/3 fail, for there it cannot be asked.
    /// </summary>
    public Func<IPAddress, bool>? AddressFilter { get; set; }

    /// <summary>Pools kept for one origin, lingering ones included. 1 to 10,000; default 64. Of a larger answer each process uses a subset of its own.</summary>
    public int MaxEndpointsPerOrigin { get; set; } = 64;

    /// <summary>How long a connect may take before the next address is tried beside it (RFC 8305 section 5). 10 ms to 10 s; default 250 ms.</summary>
    public TimeSpan ConnectAttemptDelay { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long the TCP connect to one address may take. Above 0, to 5 min; default 5 s. The wrapped handler's own <see cref="SocketsHttpHandler.ConnectTimeout"/> applies besides.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// After this long, what is still open to an address that left is closed, and responses still streaming from it fail. Above 0;
    /// default <see cref="Timeout.InfiniteTimeSpan"/>: they end when they end.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>NXDOMAIN or NODATA for a name that had addresses: these are kept this long, then drained. 0 to 1 day; default 30 s.</summary>
    public TimeSpan EmptyAnswerGrace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// An origin without a new request for this long and without an open connection is closed, and its name is no longer refreshed.
    /// 1 s to 1 day; default 5 min. Idle connections are closed by the wrapped handler's <see cref="SocketsHttpHandler.PooledConnectionIdleTimeout"/>.
    /// </summary>
    public TimeSpan OriginIdleTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>A pool is replaced, make before break, once its connections have served this many requests on average. 1 or more; default null: never.</summary>
    /// <remarks>For single addresses behind which a load balancer spreads connections. Each address counts by itself; a request that is sent is never cut by it.</remarks>
    public int? MaxRequestsPerConnection { get; set; }

    /// <summary>Whether a request answered with 421 (Misdirected Request, RFC 9110 section 15.5.20) is sent once more, on another endpoint, when it has no content or its content can be sent again. Not through a proxy. Default: true.</summary>
    public bool RetryMisdirectedRequests { get; set; } = true;

    /// <summary>
    /// Called with each socket before it connects, to set options on it. Default: none. It takes the place of <see cref="SocketsHttpHandler.ConnectCallback"/>,
    /// which cannot be honoured: its context names a host, not the address to dial. An exception that it throws fails the connect.
    /// </summary>
    public Action<Socket>? ConfigureSocket { get; set; }

    /// <summary>
    /// The services that the origins of some hosts are (SRV, RFC 2782): where they are, host and port, which of the targets go first and what share each gets, is then what the SRV records
    /// of that name say. Keys as in <see cref="MembershipByHost"/>; values are names such as <c>_http._tcp.orders.example.com</c>. Default: empty, all are at the host and port of their URI.
    /// </summary>
    /// <remarks>
    /// <para>The request stays as it is: its URI, the Host header and the name that TLS certificates are checked for are the origin's own. Where a proxy is used the proxy's own host and port
    /// count. A key with a port cannot come from a configuration, in which the colon has its own meaning.</para>
    /// <para>Targets of the lowest priority number get all requests; the next ones only while none of them can be connected to (a dial that is not answered counts as failed after
    /// <see cref="ConnectTimeout"/>). Among those of one priority requests are spread by weight; a weight of 0 beside greater ones is next to nothing. SRV records and the addresses of each
    /// target are refreshed by their own TTLs. A target that is not named any more drains, and so do all <see cref="EmptyAnswerGrace"/> after there are none; failures of DNS change nothing.
    /// <see cref="MaxEndpointsPerOrigin"/> holds for all targets together, each having an equal part.</para>
    /// <para>SRV records are asked for in DNS. A <see cref="DnsCache"/> with an <see cref="INameResolver"/> of your own cannot tell them: requests to these origins then fail and say so.</para>
    /// </remarks>
    public IDictionary<string, string> ServiceRecords { get; private set; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Tells the service of an origin that <see cref="ServiceRecords"/> does not list, by host and port; null: it is none. Default: none. Called when an origin is opened, possibly from
    /// several threads; it must be quick. A name that cannot be asked for, or an exception, fails the requests to that origin.
    /// </summary>
    public Func<string, int, string?>? ServiceRecordSelector { get; set; }

    /// <summary>A copy that later changes to this object do not reach.</summary>
    internal DnsAwareOptions Snapshot()
    {
        DnsAwareOptions copy = (DnsAwareOptions)MemberwiseClone();
        copy.MembershipByHost = new Dictionary<string, MembershipMode>(MembershipByHost, StringComparer.OrdinalIgnoreCase);
        copy.ServiceRecords = new Dictionary<string, string>(ServiceRecords, StringComparer.OrdinalIgnoreCase);
        return copy;
    }

    /// <summary>Whether all values are those of the other one.</summary>
    internal bool IsSameAs(DnsAwareOptions other) =>
        Membership == other.Membership
        && MembershipByHost.Count == other.MembershipByHost.Count
        && MembershipByHost.All(host => other.MembershipByHost.TryGetValue(host.Key, out MembershipMode mode) && mode == host.Value)
        && ServiceRecords.Count == other.ServiceRecords.Count
        && ServiceRecords.All(host => other.ServiceRecords.TryGetValue(host.Key, out string? service) && string.Equals(service, host.Value, StringComparison.OrdinalIgnoreCase))
        && ServiceRecordSelector == other.ServiceRecordSelector
        && LoadBalancing == other.LoadBalancing
        && AddressFamily == other.AddressFamily
        && AddressFilter == other.AddressFilter
        && MaxEndpointsPerOrigin == other.MaxEndpointsPerOrigin
        && ConnectAttemptDelay == other.ConnectAttemptDelay
        && ConnectTimeout == other.ConnectTimeout
        && DrainTimeout == other.DrainTimeout
        && EmptyAnswerGrace == other.EmptyAnswerGrace
        && OriginIdleTimeout == other.OriginIdleTimeout
        && MaxRequestsPerConnection == other.MaxRequestsPerConnection
        && RetryMisdirectedRequests == other.RetryMisdirectedRequests
        && ConfigureSocket == other.ConfigureSocket;

    /// <summary>What holds for the origins of a host and port.</summary>
    internal MembershipMode MembershipOf(string host, int port) =>
        MembershipByHost.TryGetValue($"{host}:{port}", out MembershipMode byPort) ? byPort
        : MembershipByHost.TryGetValue(host, out MembershipMode byHost) ? byHost
        : Membership;

    /// <summary>The service that the origins of a host and port are; null: none.</summary>
    internal string? ServiceOf(string host, int port) =>
        ServiceRecords.TryGetValue($"{host}:{port}", out string? byPort) ? byPort
        : ServiceRecords.TryGetValue(host, out string? byHost) ? byHost
        : ServiceRecordSelector is null ? null
        : ApplicationCode.Ask(static ask => ask.Selector(ask.Host, ask.Port), (Selector: ServiceRecordSelector, Host: host, Port: port));
}
