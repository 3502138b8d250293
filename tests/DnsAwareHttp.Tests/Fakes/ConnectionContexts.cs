using System.Net;
using System.Runtime.CompilerServices;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>Makes what the runtime hands to a <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
public static class ConnectionContexts
{
    public static SocketsHttpConnectionContext For(string host, int port) => Make(new DnsEndPoint(host, port), new HttpRequestMessage());

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern SocketsHttpConnectionContext Make(DnsEndPoint endPoint, HttpRequestMessage request);
}
