using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Reads the reply to one question. Whatever bytes it gets, it ends, allocates little, and names the outcome.</summary>
internal static class DnsMessageReader
{
    /// <summary>
    /// How long an empty answer is believed that comes without a SOA record, and so without a time of its own (RFC 2308 section 5).
    /// </summary>
    public static readonly TimeSpan DefaultNegativeTtl = TimeSpan.FromSeconds(5);

    /// <summary>More addresses than this are not taken from one answer.</summary>
    public const int MostAddresses = 4096;

    private const int HeaderLength = 12;
    private const int RecordHeaderLength = 10;
    private const int SoaTimesLength = 20;
    private const ushort ClassInternet = 1;
    private const ushort IsResponse = 0x8000;
    private const ushort OpcodeMask = 0x7800;
    private const ushort TruncatedBit = 0x0200;

    /// <summary>What <paramref name="message"/> says of <paramref name="query"/>, which was sent under <paramref name="id"/>.</summary>
    public static DnsReply Read(ReadOnlySpan<byte> message, DnsQuery query, ushort id)
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

    private static bool IsResponseTo(ReadOnlySpan<byte> message, ushort id) =>
        message.Length is >= HeaderLength and <= ushort.MaxValue
        && UInt16At(message, 0) == id
        && (UInt16At(message, 2) & (IsResponse | OpcodeMask)) == IsResponse;

    private static bool EchoesQuestion(ReadOnlySpan<byte> message, DnsQuery query, ref int at) =>
        UInt16At(message, 4) == 1
        && DnsNameReader.TryRead(message, ref at, out string? name)
        && message.Length - at >= 4
        && IsSameName(name, query.Host)
        && UInt16At(message, at) == (ushort)query.Type
        && UInt16At(message, at + 2) == ClassInternet
        && Skip(ref at, 4);

    private static bool IsSameName(string? name, string host) =>
        name is not null && name.AsSpan().Equals(host.AsSpan().TrimEnd('.'), StringComparison.OrdinalIgnoreCase);

    private static bool Skip(ref int at, int count)
    {
        at += count;
        return true;
    }

    // Some servers refuse with nothing but a header, not having understood the question.
    private static bool IsBareRefusal(ReadOnlySpan<byte> message, DnsResponseCode code) =>
        UInt16At(message, 4) == 0 && code is not (DnsResponseCode.NoError or DnsResponseCode.NxDomain);

    private static DnsReply ReadRecords(ReadOnlySpan<byte> message, int at, DnsQuery query, DnsResponseCode code)
    {
        if (!TryReadSection(message, ref at, UInt16At(message, 6), out List<DnsRecord> answers)
            || !TryReadSection(message, ref at, UInt16At(message, 8), out List<DnsRecord> authorities)
            || !TryReadSection(message, ref at, UInt16At(message, 10), out List<DnsRecord> additionals))
        {
            return new DnsReply.Malformed("a record breaks off");
        }

        DnsResponseCode whole = (DnsResponseCode)((int)code | ExtendedCodeOf(additionals));
        return whole == code ? Follow(message, answers, authorities, query, code) : new DnsReply.Refusal(whole);
    }

    private static bool TryReadSection(ReadOnlySpan<byte> message, ref int at, int count, out List<DnsRecord> records)
    {
        records = [];
        for (int index = 0; index < count; index++)
        {
            if (!DnsNameReader.TryRead(message, ref at, out string? owner) || message.Length - at < RecordHeaderLength)
            {
                return false;
            }

            int length = UInt16At(message, at + 8);
            uint ttl = BinaryPrimitives.ReadUInt32BigEndian(message[(at + 4)..]);
            DnsRecordType type = (DnsRecordType)UInt16At(message, at);
            DnsRecord record = new(owner, type, UInt16At(message, at + 2), ttl, at + RecordHeaderLength, length);
            at += RecordHeaderLength;
            if (message.Length - at < length)
            {
                return false;
            }

            at += length;
            records.Add(record);
        }

        return true;
    }

    private static int ExtendedCodeOf(List<DnsRecord> additionals)
    {
        int index = additionals.FindIndex(record => record.Type == DnsRecordType.Opt);
        return index < 0 ? 0 : (int)(additionals[index].RawTtl >> 24) << 4;
    }

    private static DnsReply Follow(
        ReadOnlySpan<byte> message, List<DnsRecord> answers, List<DnsRecord> authorities, DnsQuery query, DnsResponseCode code)
    {
        if (!TryReadAliases(message, answers, out Dictionary<string, (string? Target, TimeSpan Ttl)> aliases))
        {
            return new DnsReply.Malformed("an alias breaks off");
        }

        string name = query.Host.TrimEnd('.').ToLowerInvariant();
        TimeSpan ttl = TimeSpan.MaxValue;
        int links = 0;
        while (aliases.TryGetValue(name, out (string? Target, TimeSpan Ttl) alias))
        {
            if (alias.Target is null or "")
            {
                return new DnsReply.Malformed("an alias leads to a name that no host can have");
            }

            if (++links > query.LinksLeft)
            {
                return new DnsReply.Malformed($"the chain of aliases has more than {DnsQuery.MostLinks} links, or is a loop");
            }

            (name, ttl) = (alias.Target, Smaller(ttl, alias.Ttl));
        }

        return code == DnsResponseCode.NxDomain
            ? new DnsReply.None(EmptyReason.NxDomain, Smaller(ttl, NegativeTtl(message, authorities, name) ?? DefaultNegativeTtl))
            : AddressesOf(message, name, answers, authorities, query, ttl, links);
    }

    private static bool TryReadAliases(
        ReadOnlySpan<byte> message, List<DnsRecord> answers, out Dictionary<string, (string? Target, TimeSpan Ttl)> aliases)
    {
        aliases = [];
        foreach (DnsRecord record in answers)
        {
            if (record is not { Type: DnsRecordType.Cname, IsInternet: true, Owner: not null })
            {
                continue;
            }

            int at = record.DataAt;
            if (!DnsNameReader.TryRead(message, ref at, out string? target) || at != record.DataAt + record.DataLength)
            {
                return false;
            }

            // A name has one alias (RFC 1034 section 3.6.2); the first one counts.
            _ = aliases.TryAdd(record.Owner, (target, record.Ttl));
        }

        return true;
    }

    private static DnsReply AddressesOf(
        ReadOnlySpan<byte> message,
        string name,
        List<DnsRecord> answers,
        List<DnsRecord> authorities,
        DnsQuery query,
        TimeSpan ttl,
        int links)
    {
        if (query.Type == DnsRecordType.Srv)
        {
            return ServiceReader.Read(message, name, answers, ttl) ?? NoAddresses(NegativeTtl(message, authorities, name), name, ttl, links);
        }

        ImmutableArray<IPAddress>.Builder addresses = ImmutableArray.CreateBuilder<IPAddress>();
        int length = query.Type == DnsRecordType.A ? 4 : 16;
        foreach (DnsRecord record in answers)
        {
            if (record.Type != query.Type || !record.IsInternet || record.Owner != name || addresses.Count == MostAddresses)
            {
                continue;
            }

            if (record.DataLength != length)
            {
                return new DnsReply.Malformed($"an address of {record.DataLength} bytes");
            }

            addresses.Add(new IPAddress(message.Slice(record.DataAt, length)));
            ttl = Smaller(ttl, record.Ttl);
        }

        return addresses.Count > 0
            ? new DnsReply.Records(addresses.ToImmutable(), ttl)
            : NoAddresses(NegativeTtl(message, authorities, name), name, ttl, links);
    }

    // A SOA record says that there is nothing (RFC 2308 section 2.2). An alias without one says only that the server did not look further.
    private static DnsReply NoAddresses(TimeSpan? negativeTtl, string name, TimeSpan ttl, int links) =>
        negativeTtl is null && links > 0
            ? new DnsReply.Elsewhere(name, links, ttl)
            : new DnsReply.None(EmptyReason.NoData, Smaller(ttl, negativeTtl ?? DefaultNegativeTtl));

    /// <summary>
    /// The smaller of TTL and MINIMUM of the SOA record of a zone that the name is in; null without one (RFC 2308 section 5).
    /// </summary>
    private static TimeSpan? NegativeTtl(ReadOnlySpan<byte> message, List<DnsRecord> authorities, string name)
    {
        foreach (DnsRecord record in authorities)
        {
            if (record is { Type: DnsRecordType.Soa, IsInternet: true, Owner: not null }
                && IsWithin(name, record.Owner)
                && MinimumOf(message, record) is TimeSpan minimum)
            {
                return Smaller(record.Ttl, minimum);
            }
        }

        return null;
    }

    private static bool IsWithin(string name, string zone) =>
        zone.Length == 0 || name == zone || name.EndsWith("." + zone, StringComparison.Ordinal);

    private static TimeSpan? MinimumOf(ReadOnlySpan<byte> message, DnsRecord soa)
    {
        int at = soa.DataAt;
        bool isWhole = DnsNameReader.TryRead(message, ref at, out _)
            && DnsNameReader.TryRead(message, ref at, out _)
            && at + SoaTimesLength == soa.DataAt + soa.DataLength;
        if (!isWhole)
        {
            return null;
        }

        uint minimum = BinaryPrimitives.ReadUInt32BigEndian(message[(at + SoaTimesLength - 4)..]);
        return minimum > int.MaxValue ? TimeSpan.Zero : TimeSpan.FromSeconds(minimum);
    }

    private static TimeSpan Smaller(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static ushort UInt16At(ReadOnlySpan<byte> message, int at) => BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
}
