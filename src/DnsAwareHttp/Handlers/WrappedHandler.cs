using System.Diagnostics.Metrics;

namespace DnsAwareHttp.Handlers;

/// <summary>What is asked of a handler that is wrapped, and done to it.</summary>
internal static class WrappedHandler
{
    public static string ConnectCallbackMessage =>
        $"A {nameof(SocketsHttpHandler.ConnectCallback)} cannot be honoured: its context names a host, not the address to dial. "
        + $"Set socket options in {nameof(DnsAwareOptions)}.{nameof(DnsAwareOptions.ConfigureSocket)} instead.";

    /// <summary>Keeps gRPC from changing the handler.</summary>
    /// <remarks>
    /// Grpc.Net.Client looks for the innermost SocketsHttpHandler and sets its ConnectCallback, which could not be honoured. With this
    /// property gRPC leaves the handler as it is, also after its first request, and still refuses its own "dns:///".
    /// </remarks>
    public static void HideFromGrpc(SocketsHttpHandler handler) => handler.Properties.TryAdd(SettingsComparison.GrpcProperty, true);

    /// <summary>The handler whose settings can be used.</summary>
    /// <exception cref="InvalidOperationException">Other code put another kind of handler in its place.</exception>
    public static SocketsHttpHandler Of(HttpMessageHandler inner) => inner as SocketsHttpHandler ?? throw new InvalidOperationException(
        $"{nameof(DelegatingHandler.InnerHandler)} is {inner.GetType()}: {nameof(DnsAwareHandler)} sends no request through it and "
        + $"needs the settings of a {nameof(SocketsHttpHandler)} there. "
        + $"Put your handler around it: new YourHandler {{ {nameof(DelegatingHandler.InnerHandler)} = dnsAwareHandler }}. "
        + $"A stub for tests takes the place of the {nameof(DnsAwareHandler)}.");

    /// <summary>The factory of the meters, from the settings in place of the handler's own, or from the handler.</summary>
    public static IMeterFactory? MeterFactoryOf(HttpMessageHandler? inner, HandlerSettings? replacement) =>
        replacement is null ? (inner as SocketsHttpHandler)?.MeterFactory : replacement.MeterFactory;

    /// <exception cref="InvalidOperationException">The handler has a connect callback.</exception>
    public static void ThrowIfUnusable(bool hasConnectCallback)
    {
        if (hasConnectCallback)
        {
            throw new InvalidOperationException(ConnectCallbackMessage);
        }
    }
}
