using System.Buffers.Binary;
using System.Text;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Writes questions (RFC 1035 section 4).</summary>
internal static class DnsMessageWriter
{
    /// <summary>The longest answer by UDP that no network fragments (DNS flag day 2020).</summary>
    public const int UdpPayloadSize = 1232;

    /// <summary>The longest question: header, name, type and class, OPT record.</summary>
    public const int MaxLength = HeaderLength + MaxNameLength + 4 + OptLength;

    /// <summary>The longest padded question (<see cref="DnsQuery.IsPadded"/>).</summary>
    public const int MaxPaddedLength = (MaxLength + OptionHeaderLength + PaddingBlock - 1) / PaddingBlock * PaddingBlock;

    /// <summary>The length of a padded question is a multiple of this, and reveals little about its name (RFC 8467 section 4.1).</summary>
    public const int PaddingBlock = 128;

    private const int HeaderLength = 12;
    private const int MaxNameLength = 255;
    private const int MaxLabelLength = 63;
    private const int OptLength = 11;
    private const int OptionHeaderLength = 4;
    private const ushort PaddingOption = 12;
    private const ushort RecursionDesired = 0x0100;
    private const ushort ClassInternet = 1;

    /// <summary>
    /// Writes the question, or says why its name cannot be written. <paramref name="destination"/> has room for
    /// <see cref="MaxLength"/> bytes, or <see cref="MaxPaddedLength"/>.
    /// </summary>
    public static NameProblem Write(DnsQuery query, ushort id, Span<byte> destination, out int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, query.IsPadded ? MaxPaddedLength : MaxLength);
        length = 0;
        NameProblem problem = ProblemOf(query.Host);
        if (problem == NameProblem.None)
        {
            length = WriteHeader(query, id, destination);
            length += WriteName(query.Host, destination[length..]);
            length += WriteTypeAndClass(query.Type, destination[length..]);
            length += query.Edns ? WriteOpt(destination[length..]) : 0;
            length += query is { Edns: true, IsPadded: true } ? WritePadding(destination, length) : 0;
        }

        return problem;
    }

    /// <summary>Why this name cannot be asked for, if so.</summary>
    public static NameProblem ProblemOf(ReadOnlySpan<char> host)
    {
        if (host.ContainsAnyExceptInRange('!', '~'))
        {
            return NameProblem.BadCharacter;
        }

        // One length byte for each label takes the place of the dots, and one more ends the name.
        ReadOnlySpan<char> name = WithoutTrailingDot(host);
        if (name.Length + 2 > MaxNameLength)
        {
            return NameProblem.NameTooLong;
        }

        foreach (Range label in name.Split('.'))
        {
            int length = name[label].Length;
            if (length is 0 or > MaxLabelLength)
            {
                return length == 0 ? NameProblem.LabelEmpty : NameProblem.LabelTooLong;
            }
        }

        return NameProblem.None;
    }

    private static int WriteHeader(DnsQuery query, ushort id, Span<byte> destination)
    {
        destination[..HeaderLength].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(destination, id);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], RecursionDesired);
        destination[5] = 1;
        destination[11] = query.Edns ? (byte)1 : (byte)0;
        return HeaderLength;
    }

    private static int WriteName(string host, Span<byte> destination)
    {
        ReadOnlySpan<char> name = WithoutTrailingDot(host);
        int at = 0;
        foreach (Range label in name.Split('.'))
        {
            destination[at] = (byte)name[label].Length;
            at += 1 + Encoding.ASCII.GetBytes(name[label], destination[(at + 1)..]);
        }

        destination[at] = 0;
        return at + 1;
    }

    private static int WriteTypeAndClass(DnsRecordType type, Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], ClassInternet);
        return 4;
    }

    private static int WriteOpt(Span<byte> destination)
    {
        destination[..OptLength].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(destination[1..], (ushort)DnsRecordType.Opt);
        BinaryPrimitives.WriteUInt16BigEndian(destination[3..], UdpPayloadSize);
        return OptLength;
    }

    // The OPT record is the last thing in the message; the length of its data stands in its last two bytes.
    private static int WritePadding(Span<byte> message, int length)
    {
        int padding = (PaddingBlock - ((length + OptionHeaderLength) % PaddingBlock)) % PaddingBlock;
        Span<byte> option = message.Slice(length, OptionHeaderLength + padding);
        option.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(option, PaddingOption);
        BinaryPrimitives.WriteUInt16BigEndian(option[2..], (ushort)padding);
        BinaryPrimitives.WriteUInt16BigEndian(message[(length - 2)..], (ushort)option.Length);
        return option.Length;
    }

    private static ReadOnlySpan<char> WithoutTrailingDot(ReadOnlySpan<char> host) => host.EndsWith('.') ? host[..^1] : host;
}
