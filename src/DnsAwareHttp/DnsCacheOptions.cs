namespace DnsAwareHttp;

/// <summary>How a <see cref="DnsCache"/> asks, keeps and refreshes answers.</summary>
/// <remarks>
/// The options are read and checked once, when the cache is made. An <see cref="Microsoft.Extensions.Options.OptionsValidationException"/>
/// reports all mistakes together, each with the value found and the remedy.
/// </remarks>
public sealed class DnsCacheOptions
{
    /// <summary>The shortest time between two questions for a name, whatever its TTL: a TTL of 0 causes no busy loop.</summary>
    /// <value>100 ms to <see cref="MaxTtl"/>. Default: 1 s.</value>
    public TimeSpan MinTtl { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest time that an answer is kept without asking again.</summary>
    /// <value><see cref="MinTtl"/> to 7 days. Default: 5 min.</value>
    public TimeSpan MaxTtl { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The longest time that NXDOMAIN or NODATA is kept. Below it, the smaller of the SOA record's TTL and MINIMUM counts (RFC 2308 section
    /// 5).
    /// </summary>
    /// <value><see cref="MinTtl"/> to 3 h. Default: 30 s.</value>
    public TimeSpan MaxNegativeTtl { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long past its expiry the last good answer stays in use while DNS fails (RFC 8767 section 5).</summary>
    /// <value>0 to 7 days. Default: 1 day.</value>
    public TimeSpan MaxStale { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// A request that finds an expired answer waits at most this long for a new one, then uses the expired one (RFC 8767 section 5).
    /// </summary>
    /// <remarks>
    /// Names in use are refreshed in the background, and no request waits for that. An expired answer is found by the first request of an
    /// origin whose name was looked up before, and by requests after the process or the machine stood still.
    /// </remarks>
    /// <value>0 to 30 s. Default: 1.8 s.</value>
    public TimeSpan StaleAnswerTimeout { get; set; } = TimeSpan.FromSeconds(1.8);

    /// <summary>The name servers to ask, in order.</summary>
    /// <value>
    /// Addresses: <c>10.0.0.2</c>, <c>127.0.0.1:5353</c>, <c>[::1]:53</c>; over TLS <c>tls://9.9.9.9#dns.quad9.net</c>,
    /// <c>tls://[2620:fe::fe]:853#dns.quad9.net</c>. Default: empty, the servers of resolv.conf or, without that file, of the network
    /// interfaces.
    /// </value>
    /// <remarks>
    /// <para>DNS over TLS (RFC 7858) uses port 853 unless another is given. The certificate must be for the name after <c>#</c> or, without
    /// a name, for the address, and the system's roots must vouch for it; otherwise the server counts as silent. Questions are padded,
    /// connections are kept for 10 s. There is no fallback to cleartext, so servers with and without TLS cannot be mixed.</para>
    /// <para>The operating system's resolver does not use these servers. Leave <see cref="NameSource.System"/> out of
    /// <see cref="NameSources"/> if no name may reach it.</para>
    /// </remarks>
    public IList<string> NameServers { get; set; } = [];

    /// <summary>How long one server has to answer one question. The next server is asked beside it after 500 ms.</summary>
    /// <value>10 ms to 30 s. Default: null, the value of resolv.conf (<c>options timeout:</c>), else 2 s.</value>
    /// <remarks>
    /// All servers and names of the search list together have 4.5 s. The last attempt begins in time, whatever the timeout.
    /// </remarks>
    public TimeSpan? QueryTimeout { get; set; }

    /// <summary>How often the list of servers is gone through.</summary>
    /// <value>1 to 10. Default: null, the value of resolv.conf (<c>options attempts:</c>), else 2.</value>
    public int? Attempts { get; set; }

    /// <summary>Where names are looked up, in order.</summary>
    /// <value>
    /// Each source at most once. Default: empty, which is hosts file, DNS, operating system. The operating system's resolver is then asked
    /// only where no name server is known or can be asked, for names that it alone may know (<see cref="NsswitchPath"/>), and on Windows
    /// and macOS before a name counts as not existing, because name servers of a VPN may know it.
    /// </value>
    /// <remarks>
    /// IP literals need no source. <c>localhost</c> and names below it are the loopback addresses, unless the hosts file is a source and
    /// lists them (RFC 6761 section 6.3).
    /// </remarks>
    public IList<NameSource> NameSources { get; set; } = [];

    /// <summary>Whether names are looked up in the hosts file. If false, <see cref="NameSource.HostsFile"/> is left out.</summary>
    /// <value>Default: true.</value>
    public bool UseHostsFile { get; set; } = true;

    /// <summary>The hosts file. A change is seen within 1 s. Its answers are complete and have no TTL.</summary>
    /// <value>Default: null, the system's file.</value>
    public string? HostsFilePath { get; set; }

    /// <summary>The resolv.conf file with name servers and search list. It is read again when it changes.</summary>
    /// <value>Default: null, <c>/etc/resolv.conf</c>; no file on Windows.</value>
    public string? ResolvConfPath { get; set; }

    /// <summary>
    /// The nsswitch.conf file. Names that a module before <c>dns</c> on its <c>hosts</c> line may know, such as <c>.local</c> for mDNS, are
    /// looked up by the operating system's resolver. The file is read again when it changes.
    /// </summary>
    /// <value>Default: null, <c>/etc/nsswitch.conf</c> on Linux; no file elsewhere.</value>
    public string? NsswitchPath { get; set; }

    /// <summary>How long answers of the operating system's resolver are kept. They have no TTL.</summary>
    /// <value>Above 0, up to 1 day. Default: 30 s.</value>
    public TimeSpan SystemResolverTtl { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The most names kept. The least recently used go first; names that an open origin uses stay, and a tenth more beside
    /// them.</summary>
    /// <value>1 to 1,000,000. Default: 10,000.</value>
    public int MaxEntries { get; set; } = 10_000;

    /// <summary>A copy. Later changes of this object do not reach it.</summary>
    internal DnsCacheOptions Snapshot()
    {
        DnsCacheOptions copy = (DnsCacheOptions)MemberwiseClone();
        copy.NameServers = [.. NameServers];
        copy.NameSources = [.. NameSources];
        return copy;
    }
}
