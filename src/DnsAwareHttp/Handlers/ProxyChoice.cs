namespace DnsAwareHttp.Handlers;

/// <summary>The answer of the proxy about one hop of a request.</summary>
/// <param name="Request">The URI that the proxy was asked about.</param>
/// <param name="Proxy">The proxy; null for a direct connection.</param>
internal readonly record struct ProxyChoice(Uri Request, Uri? Proxy);
