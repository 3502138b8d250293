using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>
/// Asks by UDP: for each question a new socket, connected, so that only the asked server can answer and a closed port is heard of.
/// </summary>
internal sealed class UdpExchange(TimeProvider timeProvider) : IDnsExchange
{
    // A datagram that fills it all may have been longer.
    private const int BufferLength = 4096;

    public async ValueTask<DnsReply> AskAsync(IPEndPoint server, DnsQuery query, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(timeout, timeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using Socket socket = new(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            return await AskAsync(socket, server, query, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new DnsReply.Silence($"no answer within {timeout.TotalSeconds:0.###} s");
        }
        catch (SocketException exception)
        {
            return new DnsReply.NoSocket(exception);
        }
    }

    private static async Task<DnsReply> AskAsync(Socket socket, IPEndPoint server, DnsQuery query, CancellationToken cancellationToken)
    {
        try
        {
            byte[] buffer = new byte[BufferLength];
            ushort id = (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1);
            _ = DnsMessageWriter.Write(query, id, buffer, out int length);
            await socket.ConnectAsync(server, cancellationToken).ConfigureAwait(false);
            _ = await socket.SendAsync(buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            return await ReceiveAsync(socket, buffer, query, id, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException exception)
        {
            return new DnsReply.Silence($"the question could not be delivered ({exception.SocketErrorCode})", exception);
        }
    }

    private static async Task<DnsReply> ReceiveAsync(
        Socket socket, byte[] buffer, DnsQuery query, ushort id, CancellationToken cancellationToken)
    {
        while (true)
        {
            int received = await ReceiveOneAsync(socket, buffer, cancellationToken).ConfigureAwait(false);
            DnsReply reply = DnsMessageReader.Read(buffer.AsSpan(0, received), query, id);
            if (reply is not DnsReply.NotOurs)
            {
                return received == buffer.Length ? DnsReply.Truncated.Instance : reply;
            }
        }
    }

    // Where the system reports a datagram that did not fit, as Windows does, the buffer is full all the same.
    private static async Task<int> ReceiveOneAsync(Socket socket, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.MessageSize)
        {
            return buffer.Length;
        }
    }
}
