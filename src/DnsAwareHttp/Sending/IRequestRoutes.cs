namespace DnsAwareHttp.Sending;

/// <summary>
/// The ways of a request out of its cluster: to the next host of a redirect, or to the cluster that replaced a closed one.
/// </summary>
internal interface IRequestRoutes
{
    /// <summary>Sends the next hop of a redirected request. Follows no redirect.</summary>
    Task<HttpResponseMessage> SendHopAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken);

    /// <summary>The open cluster of an origin whose cluster was closed: it was unused, or the options changed.</summary>
    /// <exception cref="ObjectDisposedException">The handler was disposed.</exception>
    OriginCluster Reopen(Origin origin);
}
