using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Ids of DNS messages that nobody can guess (RFC 5452 section 9.2).</summary>
/// <remarks>
/// They come from the generator of the operating system's cryptography, many at a time: one call for each id is a twentieth of the cost
/// of a lookup. Each thread has its own, and forgets an id when it is taken.
/// </remarks>
internal static class MessageId
{
    /// <summary>How many ids a thread has at most.</summary>
    public const int MaxReady = 128;

    [ThreadStatic]
    private static byte[]? _ready;

    [ThreadStatic]
    private static int _bytesLeft;

    /// <summary>An id for one message.</summary>
    public static ushort Next()
    {
        byte[] ready = _ready ??= new byte[MaxReady * sizeof(ushort)];
        if (_bytesLeft == 0)
        {
            RandomNumberGenerator.Fill(ready);
            _bytesLeft = ready.Length;
        }

        _bytesLeft -= sizeof(ushort);
        Span<byte> taken = ready.AsSpan(_bytesLeft, sizeof(ushort));
        ushort id = BinaryPrimitives.ReadUInt16LittleEndian(taken);
        taken.Clear();
        return id;
    }
}
