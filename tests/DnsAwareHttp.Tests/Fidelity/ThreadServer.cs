using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Tests.Fidelity;

/// <summary>A server that needs no thread of the pool: each connection has a thread that reads requests and answers them.</summary>
internal sealed class ThreadServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ThreadServer()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public void Dispose() => _listener.Dispose();

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket socket = _listener.Accept();
                new Thread(() => Serve(socket)) { IsBackground = true }.Start();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    // Requests without content, none before the answer to the last: each arrives as a whole.
    private static void Serve(Socket socket)
    {
        using (socket)
        {
            byte[] buffer = new byte[4096];
            try
            {
                while (socket.Receive(buffer) > 0)
                {
                    socket.Send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"u8);
                }
            }
            catch (SocketException)
            {
                // The other side has gone.
            }
        }
    }
}
