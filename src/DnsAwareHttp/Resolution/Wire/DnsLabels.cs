namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Walks the labels of one name of a message, compressed or not (RFC 1035 section 4.1.4), without copying.</summary>
internal ref struct DnsLabels(ReadOnlySpan<byte> message, int at)
{
    /// <summary>Bytes of a name, with its length bytes and the byte that ends it.</summary>
    public const int MaxNameLength = 255;

    private const int HeaderLength = 12;

    // A name of 255 bytes has at most 127 labels, and each may be followed by a pointer.
    private const int MaxPointers = 127;

    private readonly ReadOnlySpan<byte> _message = message;
    private int _next = at;
    private int _length;
    private int _pointers;
    private int _behind = -1;

    /// <summary>The position of the current label, with its length byte.</summary>
    public int At { get; private set; }

    public ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>The position after the name; -1 before the end is reached, and for a name that is truncated or invalid.</summary>
    public int Behind { get; private set; } = -1;

    /// <summary>False at the end of the name. <see cref="Behind"/> tells whether the name is valid.</summary>
    public bool MoveNext()
    {
        while (_next < _message.Length)
        {
            int head = _message[_next];
            if (head == 0)
            {
                Behind = _behind < 0 ? _next + 1 : _behind;
                return false;
            }

            if (head < 0x40)
            {
                return TryTake(head);
            }

            if (head < 0xC0 || !TryFollow(head))
            {
                return false;
            }
        }

        return false;
    }

    private bool TryTake(int length)
    {
        if (_next + 1 + length > _message.Length || _length + length + 2 > MaxNameLength)
        {
            return false;
        }

        At = _next;
        Current = _message.Slice(_next + 1, length);
        _length += length + 1;
        _next += length + 1;
        return true;
    }

    // Only backwards, not into the header, and a limited number of times: a pointer to itself or to a later one would never end.
    private bool TryFollow(int head)
    {
        if (_next + 1 >= _message.Length || ++_pointers > MaxPointers)
        {
            return false;
        }

        int target = ((head & 0x3F) << 8) | _message[_next + 1];
        if (target >= _next || target < HeaderLength)
        {
            return false;
        }

        _behind = _behind < 0 ? _next + 2 : _behind;
        _next = target;
        return true;
    }
}
