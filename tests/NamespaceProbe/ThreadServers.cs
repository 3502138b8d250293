using System.Net;
using System.Net.Sockets;

namespace NamespaceProbe;

/// <summary>Servers that run on threads of their own, whatever becomes of the thread pool.</summary>
internal static class ThreadServers
{
    /// <summary>Answers each question for A with 127.0.0.1, and others with nothing.</summary>
    /// <returns>The port.</returns>
    public static int StartDns(byte ttl)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Start(() =>
        {
            byte[] question = new byte[4096];
            while (true)
            {
                EndPoint client = new IPEndPoint(IPAddress.Any, 0);
                _ = socket.ReceiveFrom(question, ref client);
                int end = Array.IndexOf(question, (byte)0, 12);
                bool isA = question[end + 2] == 1;
                byte[] record = isA ? [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, ttl, 0, 4, 127, 0, 0, 1] : [];
                byte[] answer = [question[0], question[1], 0x85, 0x80, 0, 1, 0, (byte)(isA ? 1 : 0), 0, 0, 0, 0, .. question[12..(end + 5)], .. record];
                socket.SendTo(answer, client);
            }
        });
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public static int StartHttp()
    {
        TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start(512);
        Start(() =>
        {
            while (true)
            {
                Socket connection = Accept(listener);
                Start(() =>
                {
                    byte[] request = new byte[8192];
                    while (connection.Receive(request) > 0)
                    {
                        connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8);
                    }
                });
            }
        });
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static Socket Accept(TcpListener listener)
    {
        while (true)
        {
            try
            {
                return listener.AcceptSocket();
            }
            catch (SocketException)
            {
                // No descriptor is left. The connection waits.
                Thread.Sleep(TimeSpan.FromMilliseconds(50));
            }
        }
    }

    private static void Start(Action work) => new Thread(() =>
    {
        try
        {
            work();
        }
        catch (SocketException)
        {
            // The client has gone.
        }
    })
    { IsBackground = true }.Start();
}
