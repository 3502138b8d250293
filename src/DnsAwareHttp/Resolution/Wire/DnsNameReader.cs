using System.Text;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Reads and compares the names of a message, compressed or not; all but <see cref="TryRead"/> without making a string.</summary>
/// <remarks>A name is known by its position. Names that are compared were read or skipped before, so they are valid.</remarks>
internal static class DnsNameReader
{
    /// <summary>
    /// Moves <paramref name="at"/> behind the name. <paramref name="name"/> is in lower case without a trailing dot; null when it has bytes
    /// that no host name has (among them a dot inside a label, which would make it look like another name).
    /// </summary>
    /// <returns>False if the message is truncated or invalid; then <paramref name="at"/> is not meaningful.</returns>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int at, out string? name)
    {
        name = null;
        Span<char> text = stackalloc char[DnsLabels.MaxNameLength];
        bool isHostName = true;
        int length = 0;
        DnsLabels labels = new(message, at);
        while (labels.MoveNext())
        {
            isHostName &= IsOfHostName(labels.Current);
            length += ToLower(labels.Current, text[length..]);
        }

        at = labels.Behind;
        name = isHostName && at >= 0 ? text[..Math.Max(0, length - 1)].ToString() : null;
        return at >= 0;
    }

    /// <summary>Moves <paramref name="at"/> behind the name.</summary>
    /// <returns>False if the message is truncated or invalid; then <paramref name="at"/> is not meaningful.</returns>
    public static bool TrySkip(ReadOnlySpan<byte> message, ref int at)
    {
        DnsLabels labels = new(message, at);
        while (labels.MoveNext())
        {
        }

        at = labels.Behind;
        return at >= 0;
    }

    /// <summary>The position after a name that was skipped before.</summary>
    public static int Behind(ReadOnlySpan<byte> message, int at)
    {
        while (message[at] is > 0 and < 0x40)
        {
            at += message[at] + 1;
        }

        return message[at] == 0 ? at + 1 : at + 2;
    }

    /// <summary>Whether the name, which may be invalid, is the name of this host.</summary>
    /// <param name="message">The message.</param>
    /// <param name="at">Where the name begins; moved behind it.</param>
    /// <param name="host">A host name in ASCII, with or without a trailing dot.</param>
    /// <returns>False also when the message breaks off; then <paramref name="at"/> is not meaningful.</returns>
    public static bool TryMatch(ReadOnlySpan<byte> message, ref int at, string host)
    {
        ReadOnlySpan<char> rest = host.AsSpan().TrimEnd('.');
        DnsLabels labels = new(message, at);
        while (labels.MoveNext())
        {
            // Label by label: a label with a dot inside is not two labels.
            int dot = rest.IndexOf('.');
            if (!Ascii.EqualsIgnoreCase(labels.Current, dot < 0 ? rest : rest[..dot]))
            {
                return false;
            }

            rest = dot < 0 ? [] : rest[(dot + 1)..];
        }

        at = labels.Behind;
        return at >= 0 && rest.IsEmpty;
    }

    /// <summary>Whether both are the same name, in any case.</summary>
    public static bool IsSame(ReadOnlySpan<byte> message, int one, int other) =>
        IsSame(new DnsLabels(message, one), new DnsLabels(message, other));

    /// <summary>Whether the name is the name of the zone, or below it.</summary>
    public static bool IsWithin(ReadOnlySpan<byte> message, int name, int zone)
    {
        DnsLabels rest = new(message, name);
        for (int above = CountOf(message, name) - CountOf(message, zone); above != 0; above--)
        {
            if (above < 0 || !rest.MoveNext())
            {
                return false;
            }
        }

        return IsSame(rest, new DnsLabels(message, zone));
    }

    private static bool IsSame(DnsLabels one, DnsLabels other)
    {
        while (one.MoveNext())
        {
            if (!other.MoveNext())
            {
                return false;
            }

            // Both share the rest of the name, as most compressed names do.
            if (one.At == other.At)
            {
                return true;
            }

            if (!IsSameLabel(one.Current, other.Current))
            {
                return false;
            }
        }

        return !other.MoveNext();
    }

    // Only ASCII letters have two cases (RFC 4343 section 3). The runtime's comparison takes bytes above ASCII for different.
    private static bool IsSameLabel(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        if (one.Length != other.Length || Ascii.IsValid(one))
        {
            return Ascii.EqualsIgnoreCase(one, other);
        }

        for (int index = 0; index < one.Length; index++)
        {
            if (ToLower(one[index]) != ToLower(other[index]))
            {
                return false;
            }
        }

        return true;
    }

    private static byte ToLower(byte letter) => letter is >= (byte)'A' and <= (byte)'Z' ? (byte)(letter | 0x20) : letter;

    private static int CountOf(ReadOnlySpan<byte> message, int at)
    {
        DnsLabels labels = new(message, at);
        int count = 0;
        while (labels.MoveNext())
        {
            count++;
        }

        return count;
    }

    private static bool IsOfHostName(ReadOnlySpan<byte> label) =>
        !label.ContainsAnyExceptInRange((byte)'!', (byte)'~') && !label.Contains((byte)'.');

    private static int ToLower(ReadOnlySpan<byte> label, Span<char> text)
    {
        for (int index = 0; index < label.Length; index++)
        {
            text[index] = char.ToLowerInvariant((char)label[index]);
        }

        text[label.Length] = '.';
        return label.Length + 1;
    }
}
