using System.Net;

namespace DnsAwareHttp.Handlers;

/// <summary>The proxy of the handlers that requests pass through: a hop that it was asked about before has that answer.</summary>
/// <remarks>
/// The application's proxy could give another answer to a second question. Then the request would take a way that was not checked.
/// </remarks>
internal sealed class DecidedProxy(IWebProxy proxy) : IWebProxy
{
    // The runtime asks on the thread that sends the request, before its first wait.
    [ThreadStatic]
    private static ProxyChoice? _choice;

    public ICredentials? Credentials
    {
        get => proxy.Credentials;
        set => throw new NotSupportedException("The credentials of the proxy are those of the application's own.");
    }

    /// <summary>Sends a request whose way was chosen before.</summary>
    /// <param name="choice">The choice; null: the proxy was not asked yet.</param>
    /// <param name="send">Sends the request.</param>
    public static Task<HttpResponseMessage> Follow(ProxyChoice? choice, Func<Task<HttpResponseMessage>> send)
    {
        _choice = choice;
        try
        {
            return send();
        }
        finally
        {
            _choice = null;
        }
    }

    public bool IsBypassed(Uri host) => Chosen(host) is ProxyChoice choice ? choice.Proxy is null : proxy.IsBypassed(host);

    public Uri? GetProxy(Uri destination) => Chosen(destination) is ProxyChoice choice ? choice.Proxy : proxy.GetProxy(destination);

    // The same object: a redirect to the same URI is another hop.
    private static ProxyChoice? Chosen(Uri request) =>
        _choice is ProxyChoice choice && ReferenceEquals(choice.Request, request) ? choice : null;
}
