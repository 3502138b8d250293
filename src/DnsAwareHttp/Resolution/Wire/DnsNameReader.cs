namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Reads one name of a message, compressed or not (RFC 1035 section 4.1.4).</summary>
internal static class DnsNameReader
{
    private const int MaxNameLength = 255;

    // A name of 255 bytes has at most 127 labels, and each may be followed by a pointer.
    private const int MostPointers = 127;

    /// <summary>
    /// Moves <paramref name="at"/> behind the name. <paramref name="name"/> is in lower case without a trailing dot; null when it has bytes
    /// that no host name has (among them a dot inside a label, which would make it look like another name).
    /// </summary>
    /// <returns>False when the message breaks off or breaks the rules; then <paramref name="at"/> means nothing.</returns>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int at, out string? name)
    {
        name = null;
        Span<char> text = stackalloc char[MaxNameLength];
        bool isHostName = true;
        int length = 0;
        int pointers = 0;
        int behind = -1;
        int position = at;
        while (position < message.Length)
        {
            int head = message[position];
            if (head == 0)
            {
                at = behind < 0 ? position + 1 : behind;
                name = isHostName ? text[..Math.Max(0, length - 1)].ToString() : null;
                return true;
            }

            if ((head & 0xC0) == 0xC0)
            {
                // Only backwards and only so often: a pointer to itself or to a later one would never end.
                if (position + 1 >= message.Length || ++pointers > MostPointers)
                {
                    return false;
                }

                int target = ((head & 0x3F) << 8) | message[position + 1];
                if (target >= position)
                {
                    return false;
                }

                behind = behind < 0 ? position + 2 : behind;
                position = target;
                continue;
            }

            if ((head & 0xC0) != 0 || position + 1 + head > message.Length || length + head + 2 > MaxNameLength)
            {
                return false;
            }

            isHostName &= TryAppend(message.Slice(position + 1, head), text[length..]);
            length += head + 1;
            position += head + 1;
        }

        return false;
    }

    private static bool TryAppend(ReadOnlySpan<byte> label, Span<char> text)
    {
        bool isHostName = true;
        for (int index = 0; index < label.Length; index++)
        {
            char letter = (char)label[index];
            isHostName &= letter is > ' ' and < '\u007f' and not '.';
            text[index] = char.ToLowerInvariant(letter);
        }

        text[label.Length] = '.';
        return isHostName;
    }
}
