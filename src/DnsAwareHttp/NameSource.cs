namespace DnsAwareHttp;

/// <summary>A place where names are looked up; see <see cref="DnsCacheOptions.NameSources"/>.</summary>
public enum NameSource
{
    /// <summary>
    /// The hosts file (<see cref="DnsCacheOptions.HostsFilePath"/>). A name that it does not list is looked up in the next source.
    /// </summary>
    HostsFile,

    /// <summary>
    /// Name servers (<see cref="DnsCacheOptions.NameServers"/>), whose answers have TTLs. If no server is known or can be asked, the next
    /// source is asked.
    /// </summary>
    Dns,

    /// <summary>
    /// The operating system's resolver (<c>getaddrinfo</c>), whose answers have no TTL (<see cref="DnsCacheOptions.SystemResolverTtl"/>).
    /// A name that it does not know is looked up in the next source.
    /// </summary>
    System,
}
