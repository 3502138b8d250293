using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>An address that answers no connect: a listening socket whose queue is full.</summary>
public sealed class BlackHole : IDisposable
{
    private const int MaxQueued = 64;
    private static readonly TimeSpan LongForLoopback = TimeSpan.FromMilliseconds(300);

    private readonly List<Socket> _queued = [];
    private readonly Socket _listener;

    public BlackHole(string address = "127.0.0.1", int port = 0)
    {
        IPEndPoint endPoint = new(IPAddress.Parse(address), port);
        _listener = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(endPoint);
        _listener.Listen(0);
        Fill();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    public void Dispose()
    {
        foreach (Socket socket in _queued)
        {
            socket.Dispose();
        }

        _listener.Dispose();
    }

    private void Fill()
    {
        while (_queued.Count < MaxQueued)
        {
            Socket socket = new(_listener.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            _queued.Add(socket);
            try
            {
                socket.Connect(EndPoint);
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                if (!socket.Poll(LongForLoopback, SelectMode.SelectWrite))
                {
                    return;
                }
            }
        }

        throw new InvalidOperationException($"{EndPoint} still answers after {MaxQueued} connects.");
    }
}
