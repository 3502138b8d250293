using System.Buffers.Binary;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Reads the reply to one question. It ends for any bytes, and names the outcome.</summary>
/// <remarks>It goes through the message a fixed number of times. Only the records, or the target of an alias, are allocated.</remarks>
internal static class DnsMessageReader
{
    /// <summary>The TTL of an empty answer without a SOA record, which has no TTL of its own (RFC 2308 section 5).</summary>
    public static readonly TimeSpan DefaultNegativeTtl = TimeSpan.FromSeconds(5);

    // Each alias is compared with each name of the chain: 64 KB of aliases would take half a second.
    private const int MaxAliases = DnsQuery.MaxLinks;

    private const int HeaderLength = 12;
    private const ushort ClassInternet = 1;
    private const ushort IsResponse = 0x8000;
    private const ushort OpcodeMask = 0x7800;
    private const ushort TruncatedBit = 0x0200;

    /// <summary>Reads the reply to <paramref name="query"/>, which was sent under <paramref name="id"/>.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="query">The question.</param>
    /// <param name="id">The id of the question.</param>
    /// <param name="isFromStream">
    /// Whether it came by TCP or TLS. There is no larger room to ask in: a truncated reply is read as far as it goes.
    /// </param>
    public static DnsReply Read(ReadOnlySpan<byte> message, DnsQuery query, ushort id, bool isFromStream = false) =>
        ReadReply(message, query, id, isFromStream) switch
        {
            DnsReply.Refusal refusal when !EdnsReader.HasOpt(message) => refusal with { IsWithoutOpt = true },
            DnsReply.None none when !EdnsReader.HasOpt(message) => none with { IsWithoutOpt = true },
            DnsReply reply => reply,
        };

    private static DnsReply ReadReply(ReadOnlySpan<byte> message, DnsQuery query, ushort id, bool isFromStream)
    {
        if (!IsResponseTo(message, id))
        {
            return DnsReply.NotOurs.Instance;
        }

        ushort flags = UInt16At(message, 2);
        DnsResponseCode code = (DnsResponseCode)(flags & 0x0F);
        int at = HeaderLength;
        if (!EchoesQuestion(message, query, ref at))
        {
            return IsBareRefusal(message, code) ? new DnsReply.Refusal(code) : DnsReply.NotOurs.Instance;
        }

        if (code is not (DnsResponseCode.NoError or DnsResponseCode.NxDomain))
        {
            return new DnsReply.Refusal(code);
        }

        bool isTruncated = (flags & TruncatedBit) != 0;
        DnsReply reply = isTruncated && !isFromStream ? DnsReply.Truncated.Instance : ReadRecords(message, at, query, code);

        // The part that is missing may have the records.
        return isTruncated && reply is DnsReply.None { Reason: EmptyReason.NoData } ? DnsReply.Truncated.Instance : reply;
    }

    /// <summary>Whether a record is of a type and of the name that begins at <paramref name="name"/>.</summary>
    internal static bool IsOf(ReadOnlySpan<byte> message, int name, DnsRecord record, DnsRecordType type) =>
        record.Type == type && record.IsInternet && DnsNameReader.IsSame(message, record.OwnerAt, name);

    private static bool IsResponseTo(ReadOnlySpan<byte> message, ushort id) =>
        message.Length is >= HeaderLength and <= ushort.MaxValue
        && UInt16At(message, 0) == id
        && (UInt16At(message, 2) & (IsResponse | OpcodeMask)) == IsResponse;

    private static bool EchoesQuestion(ReadOnlySpan<byte> message, DnsQuery query, ref int at) =>
        UInt16At(message, 4) == 1
        && DnsNameReader.TryMatch(message, ref at, query.Host)
        && message.Length - at >= 4
        && UInt16At(message, at) == (ushort)query.Type
        && UInt16At(message, at + 2) == ClassInternet
        && Skip(ref at, 4);

    private static bool Skip(ref int at, int count)
    {
        at += count;
        return true;
    }

    // Some servers that do not understand the question refuse with a header only.
    private static bool IsBareRefusal(ReadOnlySpan<byte> message, DnsResponseCode code) =>
        UInt16At(message, 4) == 0 && code is not (DnsResponseCode.NoError or DnsResponseCode.NxDomain);

    // Only the answers are always needed. The other sections are read as far as they are whole.
    private static DnsReply ReadRecords(ReadOnlySpan<byte> message, int at, DnsQuery query, DnsResponseCode code)
    {
        if (!DnsSection.TryRead(message, ref at, UInt16At(message, 6), out DnsSection answers))
        {
            return new DnsReply.Malformed("a record breaks off");
        }

        // Some servers copy the OPT record of the question into the answers. That is no answer to a question with EDNS.
        if (EdnsReader.IsIn(answers))
        {
            return new DnsReply.Refusal(DnsResponseCode.FormErr);
        }

        bool isNoWhole = DnsSection.TryRead(message, ref at, UInt16At(message, 8), out DnsSection authorities);
        DnsSection additionals = default;
        _ = isNoWhole && DnsSection.TryRead(message, ref at, UInt16At(message, 10), out additionals);
        DnsResponseCode whole = (DnsResponseCode)((int)code | ExtendedCodeOf(additionals));
        if (whole != code)
        {
            return new DnsReply.Refusal(whole);
        }

        Span<DnsRecord> room = stackalloc DnsRecord[MaxAliases];
        return AliasChain.TryFind(message, answers, room, out AliasChain chain)
            ? new AnswerReader(message, answers, authorities, chain).Read(query, code, isNoWhole)
            : new DnsReply.Malformed($"there are more than {MaxAliases} aliases");
    }

    private static int ExtendedCodeOf(DnsSection additionals)
    {
        foreach (DnsRecord record in additionals)
        {
            if (record.Type == DnsRecordType.Opt)
            {
                return (int)(record.RawTtl >> 24) << 4;
            }
        }

        return 0;
    }

    private static ushort UInt16At(ReadOnlySpan<byte> message, int at) => BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
}
