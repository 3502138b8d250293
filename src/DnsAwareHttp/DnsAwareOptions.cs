using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp;

/// <summary>How a <see cref="DnsAwareHandler"/> follows DNS, balances, connects and drains.</summary>
/// <remarks>
/// <para>The options are read when the handler is made, and for clients of a factory also when the configuration changes. All values are
/// checked then. An <see cref="Microsoft.Extensions.Options.OptionsValidationException"/> reports all mistakes together, each with the
/// value found and the remedy.</para>
/// <para>A client that was added by <c>AddDnsAwareHandler</c> takes changed options while it runs and fails no request for it. New requests
/// use new connections that follow the new options. Connections that are open already end with their last response, without a deadline.
/// When no value has changed, nothing happens. A delegate has changed when its method or its target has; a lambda that captured equal
/// values has not. Options with mistakes are not used: an error that names them is logged, and the earlier options stay.</para>
/// </remarks>
public sealed class DnsAwareOptions
{
    /// <summary>Which addresses stay in use when the answers change.</summary>
    /// <value>Default: <see cref="MembershipMode.Adaptive"/>.</value>
    public MembershipMode Membership { get; set; } = MembershipMode.Adaptive;

    /// <summary>Another <see cref="Membership"/> for the origins of some hosts.</summary>
    /// <value>
    /// Keys are host names as they are resolved (the proxy's where one is used; IDN in its ASCII form), or <c>host:port</c>, which goes
    /// before the host alone. Case does not matter. Default: empty.
    /// </value>
    public IDictionary<string, MembershipMode> MembershipByHost { get; private set; } =
        new Dictionary<string, MembershipMode>(StringComparer.OrdinalIgnoreCase);

    /// <summary>How requests are spread over the endpoints of an origin.</summary>
    /// <value>Default: <see cref="LoadBalancingPolicy.LeastRequests"/>.</value>
    public LoadBalancingPolicy LoadBalancing { get; set; } = LoadBalancingPolicy.LeastRequests;

    /// <summary>The address family that is asked for and used.</summary>
    /// <value>
    /// <see cref="System.Net.Sockets.AddressFamily.InterNetwork"/>, <see cref="System.Net.Sockets.AddressFamily.InterNetworkV6"/>, or
    /// <see cref="System.Net.Sockets.AddressFamily.Unspecified"/> for both. Default: both.
    /// </value>
    public AddressFamily AddressFamily { get; set; } = AddressFamily.Unspecified;

    /// <summary>
    /// Guards against requests to internal addresses: an address for which this returns false, or throws, is never dialled.
    /// </summary>
    /// <value>Default: null, all addresses are allowed. <see cref="AddressFilters.PublicOnly"/> is a ready-made filter.</value>
    /// <remarks>
    /// It is asked about every address on every path (DNS, hosts file, IP literals, redirects, proxies), possibly from several threads, and
    /// must be quick. Through a proxy, the proxy chooses the origin's address. Requests about which the filter cannot be asked fail with an
    /// <see cref="HttpRequestException"/> that names the remedy: those that may use HTTP/3, and those whose proxy is of an unknown scheme.
    /// </remarks>
    public Func<IPAddress, bool>? AddressFilter { get; set; }

    /// <summary>Prefers some addresses of an origin, such as those in the own zone, while they are well.</summary>
    /// <value>Default: null, all addresses are alike.</value>
    /// <remarks>Origins that are found by SRV records have the priorities of their records, and it is not asked about them.</remarks>
    public AddressPriorities? AddressPriorities { get; set; }

    /// <summary>
    /// The most pools kept for one origin, lingering ones included. Of a larger answer each process uses a subset of its own.
    /// </summary>
    /// <value>1 to 10,000. Default: 64.</value>
    public int MaxEndpointsPerOrigin { get; set; } = 64;

    /// <summary>How long a connect may take before the next address is tried beside it (RFC 8305 section 5).</summary>
    /// <value>10 ms to 10 s. Default: 250 ms.</value>
    public TimeSpan ConnectAttemptDelay { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long the TCP connect to one address may take.</summary>
    /// <value>Above 0, up to 5 min. Default: 5 s.</value>
    /// <remarks>The wrapped handler's own <see cref="SocketsHttpHandler.ConnectTimeout"/> applies besides.</remarks>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>After this time, connections to an address that left are closed, and responses that still stream from it fail.</summary>
    /// <value>Above 0. Default: <see cref="Timeout.InfiniteTimeSpan"/>, they end by themselves.</value>
    public TimeSpan DrainTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>After NXDOMAIN or NODATA for a name that had addresses, the addresses are kept for this time, then drained.</summary>
    /// <value>0 to 1 day. Default: 30 s.</value>
    public TimeSpan EmptyAnswerGrace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// An origin without a new request for this time and without an open connection is closed. Its name is no longer refreshed.
    /// </summary>
    /// <value>1 s to 1 day. Default: 5 min.</value>
    /// <remarks>The wrapped handler's <see cref="SocketsHttpHandler.PooledConnectionIdleTimeout"/> closes idle connections.</remarks>
    public TimeSpan OriginIdleTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The most open origins. Beyond it, origins without requests and connections are closed, least recently used first.
    /// </summary>
    /// <value>1 to 1,000,000. Default: 10,000.</value>
    /// <remarks>
    /// An origin takes about 7 kB with one address and 2 kB for each further address, without connections. So 10,000 origins take about
    /// 70 MB. The table grows beyond the bound while all its origins have requests or connections.
    /// </remarks>
    public int MaxOrigins { get; set; } = 10_000;

    /// <summary>A pool is replaced, make before break, once its connections have served this many requests on average.</summary>
    /// <value>1 or more. Default: null, never.</value>
    /// <remarks>
    /// For single addresses behind which a load balancer spreads connections. Each address counts by itself. No request under way is cut.
    /// </remarks>
    public int? MaxRequestsPerConnection { get; set; }

    /// <summary>
    /// How many requests may wait for a connection or an HTTP/2 stream of one address when no further one may be opened.
    /// </summary>
    /// <value>0 or more. Default: null, any number.</value>
    /// <remarks>
    /// <para>The limits are the wrapped handler's <see cref="SocketsHttpHandler.MaxConnectionsPerServer"/> and the number of streams that
    /// an HTTP/2 server allows. While another address has room, no request waits. When all addresses have so many waiting requests, a
    /// request fails at once with an <see cref="HttpRequestException"/> whose message says so.</para>
    /// <para>Requests that wait for a connect do not count: <see cref="ConnectTimeout"/> bounds that.</para>
    /// </remarks>
    public int? MaxPendingRequestsPerEndpoint { get; set; }

    /// <summary>
    /// Whether a request that was answered with 421 (Misdirected Request, RFC 9110 section 15.5.20) is sent once more, on another endpoint.
    /// </summary>
    /// <value>Default: true.</value>
    /// <remarks>Only when the request has no content, or content that can be sent again, and not through a proxy.</remarks>
    public bool RetryMisdirectedRequests { get; set; } = true;

    /// <summary>Whether a retry or a hedge goes to an address that its request has not tried, while one is ready.</summary>
    /// <value>Default: true.</value>
    /// <remarks>
    /// <para>A retry is the same <see cref="HttpRequestMessage"/>, or a copy that keeps its <see cref="HttpRequestMessage.Options"/>, sent
    /// again after an exception, 408, 429 or 5xx. When all addresses were tried, only the last one is avoided. A session stays at its
    /// endpoint.</para>
    /// <para>A handler that sends copies at a time, such as the standard hedging handler, copies the options before the first attempt.
    /// <c>AddDnsAwareHandler</c> prepares the clients of the factory for it.</para>
    /// </remarks>
    public bool AvoidTriedEndpoints { get; set; } = true;

    /// <summary>Called with each socket before it connects, to set options on it.</summary>
    /// <value>Default: null.</value>
    /// <remarks>
    /// It takes the place of <see cref="SocketsHttpHandler.ConnectCallback"/>, which is refused because its context names a host and not
    /// the address to dial. An exception fails the connect.
    /// </remarks>
    public Action<Socket>? ConfigureSocket { get; set; }

    /// <summary>Origins that are found by SRV records (RFC 2782): the name of the service, by host.</summary>
    /// <value>
    /// Keys as in <see cref="MembershipByHost"/>; a key with a port cannot come from a configuration, where the colon separates sections.
    /// Values are names such as <c>_http._tcp.orders.example.com</c>. Default: empty, all origins are at the host and port of their URI.
    /// </value>
    /// <remarks>
    /// <para>The SRV records say which hosts and ports serve the origin, in which order, and with which share of the requests. The request
    /// stays as it is: its URI, the Host header and the name in TLS certificates are the origin's own. Where a proxy is used, the proxy's
    /// host and port count.</para>
    /// <para>Targets with the lowest priority number get all requests. The next ones get requests only while no connection to the first can
    /// be made; a dial without an answer counts as failed after <see cref="ConnectTimeout"/>. Within one priority, requests are spread by
    /// weight; a weight of 0 beside greater ones gets next to nothing.</para>
    /// <para>SRV records and the addresses of each target are refreshed by their own TTLs. A target that is no longer named drains. When no
    /// target is left, all drain after <see cref="EmptyAnswerGrace"/>. A failure of DNS changes nothing.
    /// <see cref="MaxEndpointsPerOrigin"/> holds for all targets together, and each has an equal part.</para>
    /// <para>SRV records are looked up in DNS, or by <see cref="NameResolver.ResolveServiceAsync"/> of a resolver of your own. With another
    /// <see cref="INameResolver"/> requests to these origins fail, and the message says so.</para>
    /// </remarks>
    public IDictionary<string, string> ServiceRecords { get; private set; } =
        new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Gives the service of an origin that <see cref="ServiceRecords"/> does not list, by host and port; null for no service.
    /// </summary>
    /// <value>Default: null.</value>
    /// <remarks>
    /// Called when an origin is opened, possibly from several threads; it must be quick. A name that cannot be asked for, or an exception,
    /// fails the requests to that origin.
    /// </remarks>
    public Func<string, int, string?>? ServiceRecordSelector { get; set; }

    /// <summary>Keeps requests that belong together on one endpoint while it is a member.</summary>
    /// <value>Default: null, each request goes to any endpoint.</value>
    public SessionAffinityOptions? SessionAffinity { get; set; }

    /// <summary>A request of the library's own that opens the connection of a new endpoint, and checks those in use.</summary>
    /// <value>Default: null, no probe.</value>
    public EndpointProbe? Probe { get; set; }

    /// <summary>
    /// Whether the metrics of connections and requests name the address, as <c>network.peer.address</c> and <c>network.peer.port</c>.
    /// </summary>
    /// <value>Default: false.</value>
    /// <remarks>
    /// Each address is then a series of its own, also long after it left. 1,000 addresses of a meter have one; further addresses are
    /// <c>_OTHER</c>.
    /// </remarks>
    public bool AddressTags { get; set; }

    /// <summary>Endpoints whose answers are failures, while those of their peers are not, get no requests for a while.</summary>
    /// <value>Default: switched on; see the options' own defaults.</value>
    public OutlierDetectionOptions OutlierDetection { get; set; } = new();

    /// <summary>A copy. Later changes of this object do not reach it.</summary>
    internal DnsAwareOptions Snapshot()
    {
        DnsAwareOptions copy = (DnsAwareOptions)MemberwiseClone();
        copy.MembershipByHost = new Dictionary<string, MembershipMode>(MembershipByHost, StringComparer.OrdinalIgnoreCase);
        copy.ServiceRecords = new Dictionary<string, string>(ServiceRecords, StringComparer.OrdinalIgnoreCase);
        copy.SessionAffinity = SessionAffinity?.Snapshot();
        copy.OutlierDetection = OutlierDetection.Snapshot();
        copy.Probe = Probe?.Snapshot();
        return copy;
    }

    /// <summary>Whether both options have the same values.</summary>
    internal bool IsSameAs(DnsAwareOptions other) => DnsAwareOptionsComparison.AreSame(this, other);

    /// <summary>The mode for the origins of a host and port.</summary>
    internal MembershipMode MembershipOf(string host, int port) =>
        MembershipByHost.TryGetValue($"{host}:{port}", out MembershipMode byPort) ? byPort
        : MembershipByHost.TryGetValue(host, out MembershipMode byHost) ? byHost
        : Membership;

    /// <summary>The service of the origins of a host and port; null for no service.</summary>
    internal string? ServiceOf(string host, int port) =>
        ServiceRecords.TryGetValue($"{host}:{port}", out string? byPort) ? byPort
        : ServiceRecords.TryGetValue(host, out string? byHost) ? byHost
        : ServiceRecordSelector is null ? null
        : ApplicationCode.Ask(static ask => ask.Selector(ask.Host, ask.Port), (Selector: ServiceRecordSelector, Host: host, Port: port));
}
