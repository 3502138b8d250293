namespace DnsAwareHttp.Pools;

/// <summary>The way to a handler of the runtime's.</summary>
/// <remarks>A <see cref="DelegatingHandler"/>, because <see cref="HttpMessageInvoker"/> would report every request to the runtime's EventSource once more.</remarks>
internal sealed class Entrance(HttpMessageHandler handler) : DelegatingHandler(handler)
{
    public Task<HttpResponseMessage> PassAsync(HttpRequestMessage request, CancellationToken cancellationToken) => SendAsync(request, cancellationToken);

    /// <summary>Passes a request on the calling thread; the task is complete.</summary>
    public Task<HttpResponseMessage> Pass(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return Task.FromResult(Send(request, cancellationToken));
        }
        catch (Exception exception)
        {
            return Task.FromException<HttpResponseMessage>(exception);
        }
    }
}
