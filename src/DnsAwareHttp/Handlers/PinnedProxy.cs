using System.Net;

namespace DnsAwareHttp.Handlers;

/// <summary>The one proxy of an endpoint's handler. Which proxy a request takes was decided before, once.</summary>
internal sealed class PinnedProxy(Uri proxy, ICredentials? credentials) : IWebProxy
{
    public ICredentials? Credentials
    {
        get => credentials;
        set => throw new NotSupportedException("The credentials of a pinned proxy do not change.");
    }

    /// <summary>Whether the runtime can speak to a proxy of this scheme. If not, its own error is the right one.</summary>
    public static bool IsSupported(Uri proxy) =>
        proxy is { IsAbsoluteUri: true, Scheme: "http" or "https" or "socks4" or "socks4a" or "socks5" };

    public Uri GetProxy(Uri destination) => proxy;

    public bool IsBypassed(Uri host) => false;
}
