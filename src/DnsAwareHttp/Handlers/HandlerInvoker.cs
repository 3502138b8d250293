namespace DnsAwareHttp.Handlers;

/// <summary>Calls a handler of the runtime.</summary>
/// <remarks>
/// A <see cref="DelegatingHandler"/>, because <see cref="HttpMessageInvoker"/> would report each request to the runtime's EventSource once
/// more.
/// </remarks>
internal sealed class HandlerInvoker(HttpMessageHandler handler) : DelegatingHandler(handler)
{
    /// <summary>Sends a request as the handler itself does. An exception that the handler throws at once is thrown at once.</summary>
    /// <param name="request">The request.</param>
    /// <param name="async">False: the request is sent on the calling thread, and the task is complete when the call returns.</param>
    /// <param name="cancellationToken">The request's own token.</param>
    public Task<HttpResponseMessage> InvokeAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken) =>
        async ? SendAsync(request, cancellationToken) : InvokeOnThisThread(request, cancellationToken);

    private Task<HttpResponseMessage> InvokeOnThisThread(HttpRequestMessage request, CancellationToken cancellationToken)
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
