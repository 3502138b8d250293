using DnsAwareHttp.Sending;

namespace DnsAwareHttp.Benchmarks;

/// <summary>Sends by a router, as the handler does.</summary>
internal sealed class RouterHandler(RequestRouter router) : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        router.SendAsync(request, async: true, cancellationToken);
}
