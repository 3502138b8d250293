using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Asks by TCP, for answers that do not fit into a datagram, and for networks that block UDP.</summary>
internal sealed class TcpExchange(TimeProvider timeProvider) : IDnsExchange
{
    public async ValueTask<DnsReply> AskAsync(NameServer server, DnsQuery query, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using NetworkDeadline deadline = new(timeout, timeProvider, cancellationToken);
        try
        {
            using Socket socket = new(server.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            return await AskAsync(socket, server.EndPoint, query, deadline.Token).ConfigureAwait(false);
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
            ushort id = MessageId.Next();
            await stream.WriteAsync(FramedMessage.Of(query, id), cancellationToken).ConfigureAwait(false);
            DnsReply reply = await FramedMessage.ReadAsync(
                stream, (query, id),
                static (message, asked) => DnsMessageReader.Read(message, asked.query, asked.id, isFromStream: true), cancellationToken)
                .ConfigureAwait(false);
            return reply is DnsReply.NotOurs ? new DnsReply.Malformed("it answers another question") : reply;
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            return new DnsReply.Silence($"no answer by TCP ({exception.Message})", exception);
        }
    }
}
