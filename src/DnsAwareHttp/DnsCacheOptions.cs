namespace DnsAwareHttp;

/// <summary>How a <see cref="DnsCache"/> asks, keeps and refreshes answers. Read once, when the cache is made.</summary>
/// <remarks>All values are checked then; an <see cref="Microsoft.Extensions.Options.OptionsValidationException"/> reports every mistake at once, each with the value found.</remarks>
public sealed class DnsCacheOptions
{
    /// <summary>The shortest time between two questions for a name, whatever its TTL: TTL 0 never spins. 100 ms to <see cref="MaxTtl"/>; default 1 s.</summary>
    public TimeSpan MinTtl { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest time that an answer is believed without asking again. <see cref="MinTtl"/> to 7 days; default 5 min.</summary>
    public TimeSpan MaxTtl { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest time that NXDOMAIN or NODATA is believed; below it the smaller of the SOA record's TTL and MINIMUM counts (RFC 2308 section 5). <see cref="MinTtl"/> to 3 h; default 30 s.</summary>
    public TimeSpan MaxNegativeTtl { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long past its expiry the last good answer serves while DNS fails (RFC 8767 section 5). 0 to 7 days; default 1 day.</summary>
    public TimeSpan MaxStale { get; set; } = TimeSpan.FromDays(1);

    /// <summary>A request that finds an expired answer waits at most this long for a new one, then uses the expired one (RFC 8767 section 5). 0 to 30 s; default 1.8 s.</summary>
    public TimeSpan StaleAnswerTimeout { get; set; } = TimeSpan.FromSeconds(1.8);

    /// <summary>
    /// The servers to ask, in order: <c>10.0.0.2</c>, <c>127.0.0.1:5353</c>, <c>[::1]:53</c>; over TLS <c>tls://9.9.9.9#dns.quad9.net</c>, <c>tls://[2620:fe::fe]:853#dns.quad9.net</c>.
    /// Default: empty, those of resolv.conf or, where there is none, of the network interfaces.
    /// </summary>
    /// <remarks>
    /// DNS over TLS (RFC 7858), port 853 unless another is given: the certificate must be for the name after <c>#</c> or, without one, for the address, and be vouched for by the
    /// system's roots; without that, the server counts as one that does not answer. Questions are padded, connections kept for 10 s. Nothing is asked in clear instead, so such servers
    /// and others cannot be named together. The operating system's resolver knows nothing of this: where no name may reach it, leave <see cref="NameSource.System"/> out of
    /// <see cref="NameSources"/>.
    /// </remarks>
    public IList<string> NameServers { get; set; } = [];

    /// <summary>How long one server has to answer one question; the next one is asked beside it after 500 ms. 10 ms to 30 s; default null: what resolv.conf says (<c>options timeout:</c>), else 2 s.</summary>
    public TimeSpan? QueryTimeout { get; set; }

    /// <summary>How often the list of servers is gone through. 1 to 10; default null: what resolv.conf says (<c>options attempts:</c>), else 2.</summary>
    public int? Attempts { get; set; }

    /// <summary>
    /// Where names are looked up, in this order, each at most once. Default: empty, which is hosts file, DNS, operating system; the last only where no name server is known or can be
    /// asked, for names that it alone would know (by <see cref="NsswitchPath"/>), and on Windows and macOS before a name counts as not existing, for name servers of a VPN may know it.
    /// </summary>
    /// <remarks>IP literals need no source; <c>localhost</c> and names below it are the loopback addresses, unless the hosts file is asked and says otherwise (RFC 6761 section 6.3).</remarks>
    public IList<NameSource> NameSources { get; set; } = [];

    /// <summary>Whether names are looked up in the hosts file. Default: true. If false, <see cref="NameSource.HostsFile"/> is left out.</summary>
    public bool UseHostsFile { get; set; } = true;

    /// <summary>The hosts file. A change is seen within 1 s; what it says of a name is complete and has no TTL. Default null: the system's.</summary>
    public string? HostsFilePath { get; set; }

    /// <summary>The resolv.conf file that names servers and search list; reread on change. Default null: <c>/etc/resolv.conf</c>, none on Windows.</summary>
    public string? ResolvConfPath { get; set; }

    /// <summary>
    /// The nsswitch.conf file. Names that a module before <c>dns</c> on its <c>hosts</c> line would know, such as <c>.local</c> for mDNS, are looked up by the operating system's resolver;
    /// reread on change. Default null: <c>/etc/nsswitch.conf</c> on Linux, none elsewhere.
    /// </summary>
    public string? NsswitchPath { get; set; }

    /// <summary>How long answers of the operating system's resolver, which tells no TTL, are believed. Above 0, to 1 day; default 30 s.</summary>
    public TimeSpan SystemResolverTtl { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Names kept. 1 to 1,000,000; default 10,000. The least recently used go first; those that an open origin uses stay.</summary>
    public int MaxEntries { get; set; } = 10_000;

    /// <summary>A copy that later changes to this object do not reach.</summary>
    internal DnsCacheOptions Snapshot()
    {
        DnsCacheOptions copy = (DnsCacheOptions)MemberwiseClone();
        copy.NameServers = [.. NameServers];
        copy.NameSources = [.. NameSources];
        return copy;
    }
}
