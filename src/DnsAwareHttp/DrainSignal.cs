namespace DnsAwareHttp;

/// <summary>Tells the sender of a long request that the request's endpoint begins to drain, so that the sender can reconnect.</summary>
/// <remarks>
/// Put a new signal into <see cref="HttpRequestMessage.Options"/> under <see cref="DnsAwareHandler.DrainSignalKey"/> before sending. When
/// the request is sent again (another address, a redirect), the signal follows the endpoint that took it last. Requests without a signal
/// pay nothing. Where other code makes the request, such as <see cref="System.Net.WebSockets.ClientWebSocket"/>, give it
/// <see cref="CreateInvoker"/>.
/// </remarks>
public sealed class DrainSignal
{
    // HttpRequestMessage.Options allocates when it is first read. Until a first signal exists, no request can carry one, and Options is not
    // read.
    private static volatile bool _anyMade;

    private readonly Source _source = new();

    /// <summary>Makes a signal for one request.</summary>
    public DrainSignal() => _anyMade = true;

    /// <summary>Fires when the endpoint that took the request begins to drain. It does not cancel the request.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>
    /// Makes an invoker that puts this signal into each request and sends it through another invoker. It is for code that makes its request
    /// itself and takes an invoker, such as
    /// <see cref="System.Net.WebSockets.ClientWebSocket.ConnectAsync(Uri, HttpMessageInvoker?, CancellationToken)"/>.
    /// </summary>
    /// <remarks>
    /// Make one signal for each connection. If several requests are sent, the signal follows the endpoint that took the last one. An
    /// <see cref="HttpClient"/> sends with its own settings, and returns when the response headers have arrived.
    /// </remarks>
    /// <param name="invoker">
    /// Sends the requests through a <see cref="DnsAwareHandler"/>: an <see cref="HttpClient"/>, or an invoker around a handler. It is not
    /// disposed. Through another handler the signal never fires.
    /// </param>
    /// <exception cref="ArgumentNullException">The invoker is null.</exception>
    public HttpMessageInvoker CreateInvoker(HttpMessageInvoker invoker)
    {
        ArgumentNullException.ThrowIfNull(invoker);
        return new HttpMessageInvoker(new Carrier(this, invoker), disposeHandler: false);
    }

    /// <summary>The signal that a request carries, if any.</summary>
    internal static DrainSignal? Of(HttpRequestMessage request) =>
        _anyMade && CarriedOptions.TryGet(request, DnsAwareHandler.DrainSignalKey, out DrainSignal? signal) ? signal : null;

    /// <summary>Fires with <paramref name="draining"/> from now on, and no longer with the earlier endpoint.</summary>
    internal void Follow(CancellationToken draining) => _source.Follow(draining);

    /// <summary>Puts a signal into each request.</summary>
    private sealed class Carrier(DrainSignal signal, HttpMessageInvoker invoker) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Options.Set(DnsAwareHandler.DrainSignalKey, signal);

            // As ClientWebSocket does it: the body of an upgraded connection has no end that could be awaited.
            return invoker is HttpClient client
                ? client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
                : invoker.SendAsync(request, cancellationToken);
        }

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Options.Set(DnsAwareHandler.DrainSignalKey, signal);
            return invoker is HttpClient client
                ? client.Send(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
                : invoker.Send(request, cancellationToken);
        }
    }

    /// <summary>The source of <see cref="Token"/>. It lives as long as the token is held.</summary>
    private sealed class Source : CancellationTokenSource
    {
        // An endpoint outlives most of the requests that it takes and must not keep all their signals. So it holds them weakly, and a
        // signal that is collected unregisters itself.
        private CancellationTokenRegistration _following;

        ~Source() => _following.Unregister();

        public void Follow(CancellationToken draining)
        {
            _following.Unregister();

            // Each signal on a thread of its own: its registrations are code of the application. If they block or throw, then no other
            // signal and no request waits for them or fails.
            _following = draining.UnsafeRegister(
                static state => (((WeakReference<Source>)state!).TryGetTarget(out Source? source) ? source : null)?.CancelAsync().Forget(),
                new WeakReference<Source>(this));
        }
    }
}
