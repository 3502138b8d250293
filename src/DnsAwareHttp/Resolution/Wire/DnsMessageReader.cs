using System.Buffers.Binary;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Reads the reply to one question. It ends for any bytes, and names the outcome.</summary>
/// <remarks>It goes through the message a fixed number of times. Only the records, or the target of an alias, are allocated.</remarks>
internal static class DnsMessageReader
{
    /// <summary>The TTL of an empty answer without a SOA record, which has no TTL of its own (RFC 2308 section 5).</summary>
    public static readonly TimeSpan DefaultNegativeTtl = TimeSpan.FromSeconds(5);

    // Four times the length of a chain. Each alias is compared with each name of the chain: 64 KB of aliases would take half a second.
    private const int MaxAliases = 4 * DnsQuery.MaxLinks;

    private const int HeaderLength = 12;
    private const ushort ClassInternet = 1;
    private const ushort IsResponse = 0x8000;
    private const ushort OpcodeMask = 0x7800;
    private const ushort TruncatedBit = 0x0200;
    private const ushort AuthoritativeOrRecursive = 0x0480;

    /// <summary>Reads the reply to <paramref name="query"/>, which was sent under <paramref name="id"/>.</summary>
    public static DnsReply Read(ReadOnlySpan<byte> message, DnsQuery query, ushort id) => ReadReply(message, query, id) switch
    {
        DnsReply.Refusal refusal when !EdnsReader.HasOpt(message) => refusal with { IsWithoutOpt = true },
        DnsReply.None none when !EdnsReader.HasOpt(message) => none with { IsWithoutOpt = true },
        DnsReply reply => reply,
    };

    private static DnsReply ReadReply(ReadOnlySpan<byte> message, DnsQuery query, ushort id)
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

        return (flags & TruncatedBit) != 0 ? DnsReply.Truncated.Instance : ReadRecords(message, at, query, code);
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

    private static DnsReply ReadRecords(ReadOnlySpan<byte> message, int at, DnsQuery query, DnsResponseCode code)
    {
        if (!DnsSection.TryRead(message, ref at, UInt16At(message, 6), out DnsSection answers)
            || !DnsSection.TryRead(message, ref at, UInt16At(message, 8), out DnsSection authorities)
            || !DnsSection.TryRead(message, ref at, UInt16At(message, 10), out DnsSection additionals))
        {
            return new DnsReply.Malformed("a record breaks off");
        }

        // Some servers copy the OPT record of the question into the answers. That is no answer to a question with EDNS.
        if (EdnsReader.IsIn(answers))
        {
            return new DnsReply.Refusal(DnsResponseCode.FormErr);
        }

        Span<DnsRecord> room = stackalloc DnsRecord[MaxAliases];
        DnsResponseCode whole = (DnsResponseCode)((int)code | ExtendedCodeOf(additionals));
        return whole != code ? new DnsReply.Refusal(whole)
            : TryFindAliases(message, answers, room, out ReadOnlySpan<DnsRecord> aliases)
                ? Follow(message, answers, authorities, aliases, query, code)
            : new DnsReply.Malformed($"an alias breaks off, or there are more than {MaxAliases}");
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

    private static bool TryFindAliases(
        ReadOnlySpan<byte> message, DnsSection answers, Span<DnsRecord> room, out ReadOnlySpan<DnsRecord> aliases)
    {
        aliases = [];
        int count = 0;
        foreach (DnsRecord record in answers)
        {
            if (record is not { Type: DnsRecordType.Cname, IsInternet: true })
            {
                continue;
            }

            int at = record.DataAt;
            if (count == room.Length || !DnsNameReader.TrySkip(message, ref at) || at != record.DataAt + record.DataLength)
            {
                return false;
            }

            room[count++] = record;
        }

        aliases = room[..count];
        return true;
    }

    private static DnsReply Follow(
        ReadOnlySpan<byte> message,
        DnsSection answers,
        DnsSection authorities,
        ReadOnlySpan<DnsRecord> aliases,
        DnsQuery query,
        DnsResponseCode code)
    {
        // A name is known by its position: first in the question, then in the data of an alias.
        int name = HeaderLength;
        TimeSpan ttl = TimeSpan.MaxValue;
        int links = 0;
        while (TryFindAlias(message, aliases, name, out DnsRecord alias))
        {
            if (!DnsNameReader.IsHostName(message, alias.DataAt))
            {
                return new DnsReply.Malformed("an alias leads to a name that is not a host name");
            }

            if (++links > query.LinksLeft)
            {
                return new DnsReply.Malformed($"the chain of aliases has more than {DnsQuery.MaxLinks} links, or is a loop");
            }

            (name, ttl) = (alias.DataAt, Smaller(ttl, alias.Ttl));
        }

        return code == DnsResponseCode.NxDomain
            ? new DnsReply.None(
                EmptyReason.NxDomain, Smaller(ttl, NegativeTtlReader.Read(message, authorities, name) ?? DefaultNegativeTtl))
            : RecordsOf(message, name, answers, authorities, query, ttl, links);
    }

    // A name has one alias (RFC 1034 section 3.6.2); the first one counts.
    private static bool TryFindAlias(ReadOnlySpan<byte> message, ReadOnlySpan<DnsRecord> aliases, int name, out DnsRecord alias)
    {
        foreach (DnsRecord record in aliases)
        {
            if (DnsNameReader.IsSame(message, record.OwnerAt, name))
            {
                alias = record;
                return true;
            }
        }

        alias = default;
        return false;
    }

    private static DnsReply RecordsOf(
        ReadOnlySpan<byte> message, int name, DnsSection answers, DnsSection authorities, DnsQuery query, TimeSpan ttl, int links)
    {
        DnsReply? records = query.Type == DnsRecordType.Srv
            ? ServiceReader.Read(message, name, answers, ttl)
            : AddressReader.Read(message, name, answers, query.Type, ttl);
        return records ?? NoRecords(message, name, NegativeTtlReader.Read(message, authorities, name), ttl, links);
    }

    // A SOA record says that there are no records (RFC 2308 section 2.2). Without it, an alias says only that the server did not follow it,
    // and nothing at all says something only if the server has the zone or asked others.
    private static DnsReply NoRecords(ReadOnlySpan<byte> message, int name, TimeSpan? negativeTtl, TimeSpan ttl, int links) =>
        negativeTtl is null && links > 0 && DnsNameReader.TryRead(message, ref name, out string? target)
            ? new DnsReply.Elsewhere(target!, links, ttl)
            : negativeTtl is null && (UInt16At(message, 2) & AuthoritativeOrRecursive) == 0 ? DnsReply.Lame.Instance
            : new DnsReply.None(EmptyReason.NoData, Smaller(ttl, negativeTtl ?? DefaultNegativeTtl));

    private static TimeSpan Smaller(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static ushort UInt16At(ReadOnlySpan<byte> message, int at) => BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
}
