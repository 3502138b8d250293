using System.Runtime.CompilerServices;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Pools;

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
    private readonly DrainGate _gate = new();

    // Not their invokers: after disposal the runtime's own handler is the one that refuses.
    private SocketsHttpHandler[] _handlers = [];
    private StrongBox<long> _count = new();
    private volatile PassThrough? _successor;

    public long Count => Volatile.Read(ref _count.Value);

    /// <summary>Makes the handlers. They are disposed with the pass-through.</summary>
    public static PassThrough Over(HandlerTemplate template)
    {
        SocketsHttpHandler open = template.MakePassThrough(connect: null);
        SocketsHttpHandler closed = template.MakePassThrough(CannotBeFiltered.ConnectAsync);
        return new PassThrough(new HandlerInvoker(open).InvokeAsync, new HandlerInvoker(closed).InvokeAsync) { _handlers = [open, closed] };
    }

    /// <summary>Sends with other settings, and counts on.</summary>
    public PassThrough MakeSuccessor(HandlerTemplate template)
    {
        PassThrough successor = Over(template);
        successor._count = _count;
        return successor;
    }

    /// <summary>Later requests go through the successor. The handlers are closed when the last request has its response headers.</summary>
    public void GiveWayTo(PassThrough successor)
    {
        _successor = successor;
        _gate.Close();
        _ = _gate.Empty.ContinueWith(_ => Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>Sends a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="choice">The proxy that was chosen for it; null: it was not asked.</param>
    /// <param name="mayDial">Whether a connection may be opened. If not, a request that needs one fails.</param>
    /// <param name="async">False: the task is complete when the call returns.</param>
    /// <param name="cancellationToken">The request's own token.</param>
    /// <exception cref="ObjectDisposedException">The handler was disposed. As by the runtime, it is thrown by the call.</exception>
    public Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, ProxyChoice? choice, bool mayDial, bool async, CancellationToken cancellationToken)
    {
        if (!_gate.TryEnter())
        {
            return _successor!.SendAsync(request, choice, mayDial, async, cancellationToken);
        }

        try
        {
            Interlocked.Increment(ref _count.Value);
            Func<HttpRequestMessage, bool, CancellationToken, Task<HttpResponseMessage>> way = mayDial ? send : sendUndialled ?? send;
            return LeaveWhenAnsweredAsync(DecidedProxy.Follow(choice, () => way(request, async, cancellationToken)), _gate);
        }
        catch (Exception)
        {
            _gate.Exit();
            throw;
        }
    }

    private static async Task<HttpResponseMessage> LeaveWhenAnsweredAsync(Task<HttpResponseMessage> sending, DrainGate gate)
    {
        try
        {
            return await sending.ConfigureAwait(false);
        }
        finally
        {
            gate.Exit();
        }
    }

    public void Dispose() => Array.ForEach(_handlers, static handler => handler.Dispose());
}
