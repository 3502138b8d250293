using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Asks by TCP, for answers that do not fit into a datagram; a length comes before each message (RFC 1035 section 4.2.2).</summary>
internal sealed class TcpExchange(TimeProvider timeProvider) : IDnsExchange
{
    private const int PrefixLength = 2;

    public async ValueTask<DnsReply> AskAsync(IPEndPoint server, DnsQuery query, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(timeout, timeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using Socket socket = new(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            return await AskAsync(socket, server, query, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new DnsReply.Silence($"no answer by TCP within {timeout.TotalSeconds:0.###} s");
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
            await socket.ConnectAsync(server, cancellationToken).ConfigureAwait(false);
            using NetworkStream stream = new(socket);
            ushort id = (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1);
            await stream.WriteAsync(Framed(query, id), cancellationToken).ConfigureAwait(false);
            DnsReply reply = DnsMessageReader.Read(await ReadMessageAsync(stream, cancellationToken).ConfigureAwait(false), query, id);
            return reply is DnsReply.NotOurs ? new DnsReply.Malformed("it answers another question") : reply;
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            return new DnsReply.Silence($"no answer by TCP ({exception.Message})", exception);
        }
    }

    private static ReadOnlyMemory<byte> Framed(DnsQuery query, ushort id)
    {
        byte[] message = new byte[PrefixLength + DnsMessageWriter.MaxLength];
        _ = DnsMessageWriter.Write(query, id, message.AsSpan(PrefixLength), out int length);
        BinaryPrimitives.WriteUInt16BigEndian(message, (ushort)length);
        return message.AsMemory(0, PrefixLength + length);
    }

    private static async Task<byte[]> ReadMessageAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        byte[] prefix = new byte[PrefixLength];
        await stream.ReadExactlyAsync(prefix, cancellationToken).ConfigureAwait(false);
        byte[] message = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
        await stream.ReadExactlyAsync(message, cancellationToken).ConfigureAwait(false);
        return message;
    }
}
