using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>Two sockets connected to one another.</summary>
public sealed class SocketPair : IDisposable
{
    private Socket? _near;

    private SocketPair(Socket near, Socket far)
    {
        _near = near;
        Far = far;
    }

    public Socket Near => _near ?? throw new InvalidOperationException("The near side was lost.");

    public Socket Far { get; }

    public static SocketPair Make()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Socket near = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        near.Connect(listener.LocalEndPoint!);
        return new SocketPair(near, listener.Accept());
    }

    /// <summary>Ends when the near side has closed its socket.</summary>
    public async Task NearClosed()
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        try
        {
            (await Far.ReceiveAsync(new byte[1], deadline.Token)).Should().Be(0);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset)
        {
            // Closed as well.
        }
    }

    /// <summary>Forgets the near side, as an application forgets a response.</summary>
    public void LoseNear() => _near = null;

    public void Dispose()
    {
        _near?.Dispose();
        Far.Dispose();
    }
}
