using System.Buffers.Binary;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>
/// One section of a message (RFC 1035 section 4.1). Each enumeration reads its records anew, so that they need no memory.
/// </summary>
internal ref struct DnsSection
{
    private const int RecordHeaderLength = 10;

    private readonly ReadOnlySpan<byte> _message;
    private int _at;
    private int _left;
    private bool _isRead;

    private DnsSection(ReadOnlySpan<byte> message, int at, int count)
    {
        _message = message;
        (_at, _left) = (at, count);
    }

    public DnsRecord Current { get; private set; }

    /// <summary>Goes through all records once and moves <paramref name="at"/> behind the last whole one.</summary>
    /// <param name="message">The message.</param>
    /// <param name="at">Where the section begins.</param>
    /// <param name="count">How many records the header promises.</param>
    /// <param name="section">The records that are whole.</param>
    /// <returns>False when a record breaks off, or there are fewer than promised.</returns>
    public static bool TryRead(ReadOnlySpan<byte> message, scoped ref int at, int count, out DnsSection section)
    {
        DnsSection walk = new(message, at, count);
        int start = at;
        while (walk.MoveNext())
        {
        }

        at = walk._at;
        section = new DnsSection(message, start, count - walk._left) { _isRead = true };
        return walk._left == 0;
    }

    /// <summary>Begins anew.</summary>
    public readonly DnsSection GetEnumerator() => this;

    public bool MoveNext()
    {
        int at = _at;
        if (_left == 0 || !TrySkipOwner(ref at) || _message.Length - at < RecordHeaderLength)
        {
            return false;
        }

        ReadOnlySpan<byte> head = _message.Slice(at, RecordHeaderLength);
        int length = BinaryPrimitives.ReadUInt16BigEndian(head[8..]);
        if (_message.Length - at - RecordHeaderLength < length)
        {
            return false;
        }

        Current = new DnsRecord(
            _at,
            (DnsRecordType)BinaryPrimitives.ReadUInt16BigEndian(head),
            BinaryPrimitives.ReadUInt16BigEndian(head[2..]),
            BinaryPrimitives.ReadUInt32BigEndian(head[4..]),
            at + RecordHeaderLength,
            length);
        _at = at + RecordHeaderLength + length;
        _left--;
        return true;
    }

    // The owner was skipped before. Its pointers need not be followed again to find its end.
    private readonly bool TrySkipOwner(ref int at)
    {
        if (!_isRead)
        {
            return DnsNameReader.TrySkip(_message, ref at);
        }

        at = DnsNameReader.Behind(_message, at);
        return true;
    }
}
