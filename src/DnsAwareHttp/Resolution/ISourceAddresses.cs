using System.Net;

namespace DnsAwareHttp.Resolution;

/// <summary>The address of ours from which this host would speak to another.</summary>
internal interface ISourceAddresses
{
    /// <summary>The source address that the operating system chooses for <paramref name="destination"/>, or null if there is no route to it.</summary>
    /// <param name="destination">IPv4 or IPv6, not IPv4-mapped.</param>
    IPAddress? For(IPAddress destination);
}
