using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>
/// Asks by UDP. Each question has a new, connected socket: only the asked server can answer, and a closed port is reported.
/// </summary>
internal sealed class UdpExchange(TimeProvider timeProvider) : IDnsExchange
{
    // A datagram that fills it may have been longer.
    private const int BufferLength = 4096;

    public async ValueTask<DnsReply> AskAsync(NameServer server, DnsQuery query, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using NetworkDeadline? deadline =
            timeout == Timeout.InfiniteTimeSpan ? null : new NetworkDeadline(timeout, timeProvider, cancellationToken);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        try
        {
            using Socket socket = new(server.EndPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            CancellationToken end = deadline?.Token ?? cancellationToken;
            return await AskAsync(socket, server.EndPoint, query, buffer.AsMemory(0, BufferLength), end).ConfigureAwait(false);
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
        finally
        {
            // No receive writes into it any more: the await of a receive, also of a cancelled one, ends after it.
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<DnsReply> AskAsync(
        Socket socket, IPEndPoint server, DnsQuery query, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            ushort id = (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1);
            _ = DnsMessageWriter.Write(query, id, buffer.Span, out int length);

            // Neither call waits: a connect only notes the peer, and the buffer has room for the first datagram of a socket.
            socket.Connect(server);
            _ = socket.Send(buffer.Span[..length]);
            while (true)
            {
                int received = await ReceiveAsync(socket, buffer, cancellationToken).ConfigureAwait(false);
                DnsReply reply = DnsMessageReader.Read(buffer.Span[..received], query, id);
                if (reply is not DnsReply.NotOurs)
                {
                    return received == buffer.Length ? DnsReply.Truncated.Instance : reply;
                }
            }
        }
        catch (SocketException exception)
        {
            return new DnsReply.Silence($"the question could not be delivered ({exception.SocketErrorCode})", exception);
        }
    }

    // Windows reports a datagram that did not fit as an error. The buffer is full then, too.
    private static async ValueTask<int> ReceiveAsync(Socket socket, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.MessageSize)
        {
            return buffer.Length;
        }
        catch (OperationCanceledException) when (socket.Available > 0)
        {
            // The time is over, and the answer was there before anyone looked.
            return socket.Receive(buffer.Span);
        }
    }
}
