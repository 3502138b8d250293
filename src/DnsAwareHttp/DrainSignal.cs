namespace DnsAwareHttp;

/// <summary>Tells the sender of a long request that the request's endpoint begins to drain, so that the sender can reconnect.</summary>
/// <remarks>
/// Put a new signal into <see cref="HttpRequestMessage.Options"/> under <see cref="DnsAwareHandler.DrainSignalKey"/> before sending. When
/// the request is sent again (another address, a redirect), the signal follows the endpoint that took it last. Requests without a signal
/// pay nothing.
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

    /// <summary>The signal that a request carries, if any.</summary>
    internal static DrainSignal? Of(HttpRequestMessage request) =>
        _anyMade && request.Options.TryGetValue(DnsAwareHandler.DrainSignalKey, out DrainSignal? signal) ? signal : null;

    /// <summary>Fires with <paramref name="draining"/> from now on, and no longer with the earlier endpoint.</summary>
    internal void Follow(CancellationToken draining) => _source.Follow(draining);

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
