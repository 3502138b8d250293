using System.Net;

namespace DnsAwareHttp.Benchmarks;

/// <summary>Stands in for an endpoint's handler: answers without a network, at once or after a hop over the thread pool.</summary>
internal sealed class StubEndpoint(bool yields) : HttpMessageHandler
{
    private readonly Task<HttpResponseMessage> _response = Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        yields ? LaterAsync() : _response;

    private async Task<HttpResponseMessage> LaterAsync()
    {
        await Task.Yield();
        return await _response;
    }
}
