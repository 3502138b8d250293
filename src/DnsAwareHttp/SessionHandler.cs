namespace DnsAwareHttp;

/// <summary>
/// Sends all its requests to one endpoint of each origin, as long as that is a member: one handler is one session. For clients that make a
/// handler for each of their connections, as SignalR does.
/// </summary>
/// <remarks>
/// Sets <see cref="DnsAwareHandler.SessionKey"/> in each request that has none. The <see cref="DnsAwareHandler"/> within needs
/// <see cref="DnsAwareOptions.SessionAffinity"/>.
/// </remarks>
public sealed class SessionHandler : DelegatingHandler
{
    private readonly string _key = Guid.NewGuid().ToString("N");
    private readonly bool _disposesInner;

    /// <summary>Begins a session.</summary>
    /// <param name="innerHandler">A <see cref="DnsAwareHandler"/>, or a pipeline that ends with one.</param>
    /// <param name="disposeInnerHandler">
    /// Whether <paramref name="innerHandler"/> is disposed with this handler. False if sessions share it.
    /// </param>
    /// <exception cref="InvalidOperationException">
    /// The <see cref="DnsAwareHandler"/> within has no <see cref="DnsAwareOptions.SessionAffinity"/>.
    /// </exception>
    public SessionHandler(HttpMessageHandler innerHandler, bool disposeInnerHandler = true)
        : base(innerHandler ?? throw new ArgumentNullException(nameof(innerHandler)))
    {
        _disposesInner = disposeInnerHandler;
        HttpMessageHandler? within = innerHandler;
        while (within is DelegatingHandler outer and not DnsAwareHandler)
        {
            within = outer.InnerHandler;
        }

        if (within is DnsAwareHandler { KeepsSessions: false })
        {
            throw new InvalidOperationException(
                $"A {nameof(SessionHandler)} has no effect, because the {nameof(DnsAwareHandler)} within keeps no sessions. "
                + $"Set {nameof(DnsAwareOptions)}.{nameof(DnsAwareOptions.SessionAffinity)} = new().");
        }
    }

    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Mark(request);
        return base.SendAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Mark(request);
        return base.Send(request, cancellationToken);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_disposesInner)
        {
            base.Dispose(disposing);
        }
    }

    private void Mark(HttpRequestMessage request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!request.Options.TryGetValue(DnsAwareHandler.SessionKey, out _))
        {
            request.Options.Set(DnsAwareHandler.SessionKey, _key);
        }
    }
}
