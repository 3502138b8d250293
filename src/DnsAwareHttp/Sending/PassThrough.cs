using System.Runtime.CompilerServices;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Sending;

/// <summary>Sends requests that cannot be managed, through a handler with the settings of the wrapped one, and counts them.</summary>
internal sealed class PassThrough : IDisposable
{
    private readonly Func<HttpRequestMessage, bool, CancellationToken, Task<HttpResponseMessage>> _send;
    private readonly IDisposable? _handler;
    private readonly StrongBox<long> _count;
    private readonly DrainGate _gate = new();
    private volatile PassThrough? _successor;

    /// <param name="send">Sends through that handler.</param>
    public PassThrough(Func<HttpRequestMessage, bool, CancellationToken, Task<HttpResponseMessage>> send)
        : this(send, null, new StrongBox<long>())
    {
    }

    private PassThrough(
        Func<HttpRequestMessage, bool, CancellationToken, Task<HttpResponseMessage>> send, IDisposable? handler, StrongBox<long> count)
    {
        _send = send;
        _handler = handler;
        _count = count;
    }

    public long Count => Volatile.Read(ref _count.Value);

    /// <summary>Sends through a handler of its own.</summary>
    public static PassThrough Over(SocketsHttpHandler handler) => Over(handler, new StrongBox<long>());

    /// <summary>Sends through another handler, and counts on.</summary>
    public PassThrough MakeSuccessor(SocketsHttpHandler handler) => Over(handler, _count);

    /// <summary>Later requests go through the successor. The handler is closed when the last request has its response headers.</summary>
    public void GiveWayTo(PassThrough successor)
    {
        _successor = successor;
        _gate.Close();
        _ = _gate.Empty.ContinueWith(_ => Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken)
    {
        if (!_gate.TryEnter())
        {
            return await _successor!.SendAsync(request, async, cancellationToken).ConfigureAwait(false);
        }

        using GateLease lease = new(_gate);
        Interlocked.Increment(ref _count.Value);
        return await _send(request, async, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _handler?.Dispose();

    private static PassThrough Over(SocketsHttpHandler handler, StrongBox<long> count) =>
        new(new HandlerInvoker(handler).InvokeAsync, handler, count);
}
