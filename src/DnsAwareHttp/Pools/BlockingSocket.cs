using System.Net.Sockets;

namespace DnsAwareHttp.Pools;

/// <summary>Reads and writes on the calling thread, with the exceptions of a <see cref="NetworkStream"/>.</summary>
internal static class BlockingSocket
{
    /// <exception cref="IOException">The read failed.</exception>
    public static int Receive(Socket socket, Span<byte> buffer, StreamMeter meter)
    {
        try
        {
            return socket.Receive(buffer, SocketFlags.None);
        }
        catch (Exception exception) when (meter.Note(exception) || exception is SocketException or ObjectDisposedException)
        {
            throw new IOException($"Unable to read data from the transport connection: {exception.Message}.", exception);
        }
    }

    /// <exception cref="IOException">The write failed.</exception>
    public static void SendAll(Socket socket, ReadOnlySpan<byte> buffer, StreamMeter meter)
    {
        try
        {
            // A blocking socket sends all, unless it was made non-blocking by an earlier asynchronous operation: then it may send a part.
            do
            {
                buffer = buffer[socket.Send(buffer, SocketFlags.None)..];
            }
            while (!buffer.IsEmpty);
        }
        catch (Exception exception) when (meter.Note(exception) || exception is SocketException or ObjectDisposedException)
        {
            throw new IOException($"Unable to write data to the transport connection: {exception.Message}.", exception);
        }
    }
}
