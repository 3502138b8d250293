using System.Net.WebSockets;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Web socket clients that ask for one HTTP version.</summary>
internal static class WebSockets
{
    public static ClientWebSocket OfVersion(Version version, HttpVersionPolicy policy = HttpVersionPolicy.RequestVersionExact)
    {
        ClientWebSocket socket = new();
        socket.Options.HttpVersion = version;
        socket.Options.HttpVersionPolicy = policy;
        return socket;
    }
}
