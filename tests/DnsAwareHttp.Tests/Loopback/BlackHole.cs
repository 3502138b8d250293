using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>A listening socket whose backlog is full: connects to it hang, as to an address whose packets are dropped.</summary>
public sealed class BlackHole : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _filling = [];

    public BlackHole(string address, int port)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Parse(address), port));
        _listener.Listen(0);

        // The kernel queues one more than it was told; some more make sure.
        for (int i = 0; i < 8; i++)
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            _filling.Add(socket);
            try
            {
                socket.Connect(_listener.LocalEndPoint!);
            }
            catch (SocketException)
            {
                // It would block: that is what it is for.
            }
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _filling.ForEach(socket => socket.Dispose());
    }
}
