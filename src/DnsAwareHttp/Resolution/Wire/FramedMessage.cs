using System.Buffers;
using System.Buffers.Binary;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>A message on a stream: its length comes before it (RFC 1035 section 4.2.2).</summary>
internal static class FramedMessage
{
    private const int PrefixLength = 2;

    /// <summary>The question, ready to be sent.</summary>
    public static ReadOnlyMemory<byte> Of(DnsQuery query, ushort id)
    {
        byte[] message = new byte[PrefixLength + DnsMessageWriter.MaxPaddedLength];
        _ = DnsMessageWriter.Write(query, id, message.AsSpan(PrefixLength), out int length);
        BinaryPrimitives.WriteUInt16BigEndian(message, (ushort)length);
        return message.AsMemory(0, PrefixLength + length);
    }

    /// <summary>Reads the next message with <paramref name="read"/>.</summary>
    /// <exception cref="IOException">The stream ends or breaks before the message does.</exception>
    public static async ValueTask<TResult> ReadAsync<TState, TResult>(
        Stream stream, TState state, Func<ReadOnlySpan<byte>, TState, TResult> read, CancellationToken cancellationToken)
    {
        byte[] prefix = new byte[PrefixLength];
        await stream.ReadExactlyAsync(prefix, cancellationToken).ConfigureAwait(false);
        int length = BinaryPrimitives.ReadUInt16BigEndian(prefix);
        byte[] message = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            await stream.ReadExactlyAsync(message.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            return read(message.AsSpan(0, length), state);
        }
        finally
        {
            // No read is under way after its await.
            ArrayPool<byte>.Shared.Return(message);
        }
    }
}
