using DnsAwareHttp.Handlers;

namespace DnsAwareHttp.Sending;

/// <summary>Sends requests that cannot be managed, through a handler with the settings of the wrapped one, and counts them.</summary>
/// <param name="send">Sends through that handler.</param>
/// <param name="sendUndialled">
/// Sends through a handler that reports what the runtime refuses, and refuses to connect; null: the same handler.
/// </param>
internal sealed class PassThrough(
    Func<HttpRequestMessage, bool, CancellationToken, Task<HttpResponseMessage>> send,
    Func<HttpRequestMessage, bool, CancellationToken, Task<HttpResponseMessage>>? sendUndialled = null) : IDisposable
{
    // Not their invokers: after disposal the runtime's own handler is the one that refuses.
    private SocketsHttpHandler[] _handlers = [];
    private long _count;

    public long Count => Volatile.Read(ref _count);

    /// <summary>Makes the handlers. They are disposed with the pass-through.</summary>
    public static PassThrough Over(HandlerTemplate template)
    {
        SocketsHttpHandler open = template.MakePassThrough(connect: null);
        SocketsHttpHandler closed = template.MakePassThrough(CannotBeFiltered.ConnectAsync);
        return new PassThrough(new HandlerInvoker(open).InvokeAsync, new HandlerInvoker(closed).InvokeAsync) { _handlers = [open, closed] };
    }

    /// <summary>Sends a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="choice">The proxy that was chosen for it; null: it was not asked.</param>
    /// <param name="mayDial">Whether a connection may be opened. If not, a request that needs one fails.</param>
    /// <param name="async">False: the task is complete when the call returns.</param>
    /// <param name="cancellationToken">The request's own token.</param>
    public Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, ProxyChoice? choice, bool mayDial, bool async, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _count);
        Func<HttpRequestMessage, bool, CancellationToken, Task<HttpResponseMessage>> way = mayDial ? send : sendUndialled ?? send;
        return DecidedProxy.Follow(choice, () => way(request, async, cancellationToken));
    }

    public void Dispose() => Array.ForEach(_handlers, static handler => handler.Dispose());
}
