using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;

namespace DnsAwareHttp.Pools;

/// <summary>Makes the setters of a handler throw from now on, as they do after its first request.</summary>
/// <remarks>
/// The runtime freezes a handler when it is first sent something, and only then. So it is: a request that it refuses for its proxy, before any metric, activity or event
/// that others could see. While the runtime sets itself up for that, it asks the <see cref="SocketsHttpHandler.MeterFactory"/> for a meter: the last moment at
/// which settings can be changed, and the one at which those that hid the request are put back.
/// </remarks>
internal static class SettingsFreeze
{
    private const string MetersAreSupported = "System.Diagnostics.Metrics.Meter.IsSupported";

    /// <summary>Freezes a handler; one that has been used is frozen already.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public static void Freeze(SocketsHttpHandler handler)
    {
        if (AppContext.TryGetSwitch(MetersAreSupported, out bool supported) && !supported)
        {
            // Nobody would ask for a meter, and nothing could be put back: rather leave it as it is.
            return;
        }

        using HiddenSettings hidden = new(handler);
        try
        {
            hidden.Hide();
        }
        catch (InvalidOperationException started) when (started is not ObjectDisposedException)
        {
            return;
        }

        // Not disposed: the handler would go with it.
        Entrance entrance = new(handler);
        using HttpRequestMessage request = new(HttpMethod.Get, "http://frozen.invalid/");
        _ = entrance.Pass(request, CancellationToken.None).Exception;
    }

    /// <summary>What a handler has while it is frozen, in place of its own.</summary>
    private sealed class HiddenSettings(SocketsHttpHandler handler) : IMeterFactory, IWebProxy
    {
        private readonly Meter _unheard = new("unheard");
        private readonly IMeterFactory? _meters = handler.MeterFactory;
        private readonly DistributedContextPropagator? _propagator = handler.ActivityHeadersPropagator;
        private readonly IWebProxy? _proxy = handler.Proxy;
        private readonly bool _usesProxy = handler.UseProxy;

        public ICredentials? Credentials { get; set; }

        public void Hide()
        {
            handler.MeterFactory = this;
            handler.ActivityHeadersPropagator = null;
            handler.Proxy = this;
            handler.UseProxy = true;
        }

        public Meter Create(MeterOptions options)
        {
            handler.MeterFactory = _meters;
            handler.ActivityHeadersPropagator = _propagator;
            handler.Proxy = _proxy;
            handler.UseProxy = _usesProxy;
            return _unheard;
        }

        // No scheme that the runtime could speak: it gives up here.
        public Uri GetProxy(Uri destination) => new("none://frozen.invalid/");

        public bool IsBypassed(Uri host) => false;

        public void Dispose() => _unheard.Dispose();
    }
}
