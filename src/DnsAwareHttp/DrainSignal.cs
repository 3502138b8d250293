namespace DnsAwareHttp;

/// <summary>Tells the sender of a long request that the endpoint which took it begins to drain: time to reconnect.</summary>
/// <remarks>
/// Put a new one into <see cref="HttpRequestMessage.Options"/> under <see cref="DnsAwareHandler.DrainSignalKey"/> before sending. When the request is
/// sent again (another address, a redirect), the signal follows the endpoint that took it last. Requests without one pay nothing.
/// </remarks>
public sealed class DrainSignal
{
    // HttpRequestMessage.Options allocates when it is first read. As long as nobody has made a signal, no request can carry one, and it is left alone.
    private static volatile bool _anyMade;

    private readonly Source _source = new();

    /// <summary>Makes a signal for one request.</summary>
    public DrainSignal() => _anyMade = true;

    /// <summary>Fires when the endpoint that took the request begins to drain. It does not cancel the request.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>The signal that a request carries, if any.</summary>
    internal static DrainSignal? Of(HttpRequestMessage request) =>
        _anyMade && request.Options.TryGetValue(DnsAwareHandler.DrainSignalKey, out DrainSignal? signal) ? signal : null;

    /// <summary>From now on fires with <paramref name="draining"/>, and no longer with what it followed before.</summary>
    internal void Follow(CancellationToken draining) => _source.Follow(draining);

    /// <summary>What <see cref="Token"/> is of. It lives as long as anybody holds the token.</summary>
    private sealed class Source : CancellationTokenSource
    {
        // An endpoint outlives most of the requests that it takes. It must not keep the signals of all of them: so it knows them weakly, and one
        // that nobody holds any more strikes itself off.
        private CancellationTokenRegistration _following;

        ~Source() => _following.Unregister();

        public void Follow(CancellationToken draining)
        {
            _following.Unregister();
            _following = draining.UnsafeRegister(
                static state => (((WeakReference<Source>)state!).TryGetTarget(out Source? source) ? source : null)?.Cancel(), new WeakReference<Source>(this));
        }
    }
}
