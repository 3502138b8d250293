using System.Net.Sockets;

namespace DnsAwareHttp.Pools;

/// <summary>Looks at a connected socket without reading from it. A socket that was closed meanwhile is no error.</summary>
internal static class SocketLook
{
    /// <summary>Whether a read would not wait: there are bytes, or the connection was ended or broken.</summary>
    public static bool IsReadable(Socket socket)
    {
        try
        {
            return socket.Poll(0, SelectMode.SelectRead);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>Whether there are bytes to read.</summary>
    public static bool HasBytes(Socket socket)
    {
        try
        {
            return socket.Available > 0;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Whether the peer has reset the connection, and no read or write has told of it yet.</summary>
    public static bool WasReset(Socket socket)
    {
        try
        {
            return socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is int error && error != 0
                && new SocketException(error).SocketErrorCode is SocketError.ConnectionReset;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
