using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;

namespace DnsAwareHttp.Handlers;

/// <summary>Makes the setters of a handler throw from now on, as they do after its first request.</summary>
/// <remarks>
/// The runtime freezes a handler at its first request only. Therefore the handler is sent a request that the runtime refuses for its proxy.
/// While the runtime prepares that request, it asks <see cref="SocketsHttpHandler.MeterFactory"/> for a meter: the last moment at which
/// settings can be changed. At this moment the original settings are put back. The meter that the runtime gets is already disposed, so that
/// no listener hears of its instruments. No activity and no event listener sees the request either.
/// </remarks>
internal static class SettingsFreeze
{
    private const string MetersAreSupported = "System.Diagnostics.Metrics.Meter.IsSupported";

    /// <summary>Freezes a handler. A handler that was used is frozen already.</summary>
    /// <exception cref="ObjectDisposedException">The handler was disposed.</exception>
    public static void Freeze(SocketsHttpHandler handler)
    {
        if (AppContext.TryGetSwitch(MetersAreSupported, out bool supported) && !supported)
        {
            // The runtime would not ask for a meter, and the settings could not be put back.
            return;
        }

        HiddenSettings hidden = new(handler);
        try
        {
            hidden.Hide();
        }
        catch (InvalidOperationException started) when (started is not ObjectDisposedException)
        {
            return;
        }

        // Not disposed: the handler would go with it.
        HandlerInvoker invoker = new(handler);
        using HttpRequestMessage request = new(HttpMethod.Get, "http://frozen.invalid/");
        _ = invoker.InvokeAsync(request, async: false, CancellationToken.None).Exception;
    }

    /// <summary>The settings of a handler while it is frozen.</summary>
    private sealed class HiddenSettings(SocketsHttpHandler handler) : IMeterFactory, IWebProxy
    {
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
            Meter unheard = new("unheard");
            unheard.Dispose();
            return unheard;
        }

        // The runtime speaks no such scheme, and refuses the request here.
        public Uri GetProxy(Uri destination) => new("none://frozen.invalid/");

        public bool IsBypassed(Uri host) => false;

        public void Dispose()
        {
        }
    }
}
