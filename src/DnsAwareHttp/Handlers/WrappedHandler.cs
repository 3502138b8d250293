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
}
