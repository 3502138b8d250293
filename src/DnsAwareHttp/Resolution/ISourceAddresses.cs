using System.Net;

namespace DnsAwareHttp.Resolution;

/// <summary>The source addresses of this host for destinations.</summary>
internal interface ISourceAddresses
{
    /// <summary>The source address that the operating system chooses for <paramref name="destination"/>; null without a route.</summary>
    /// <param name="destination">IPv4 or IPv6, not IPv4-mapped.</param>
    IPAddress? For(IPAddress destination);
}
