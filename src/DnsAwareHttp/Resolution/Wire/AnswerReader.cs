using System.Buffers.Binary;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Finds the records of the asked name in the answer section, and what their absence means.</summary>
internal readonly ref struct AnswerReader
{
    // The name in the question begins behind the header.
    private const int AskedName = 12;
    private const ushort AuthoritativeOrRecursive = 0x0480;

    private readonly ReadOnlySpan<byte> _message;
    private readonly DnsSection _answers;
    private readonly DnsSection _authorities;
    private readonly AliasChain _aliases;

    public AnswerReader(ReadOnlySpan<byte> message, DnsSection answers, DnsSection authorities, AliasChain aliases)
    {
        _message = message;
        _answers = answers;
        _authorities = authorities;
        _aliases = aliases;
    }

    /// <summary>Reads the records, or the reason why there are none.</summary>
    /// <param name="query">The question.</param>
    /// <param name="code">NOERROR or NXDOMAIN.</param>
    /// <param name="isNoWhole">Whether the section that tells of absence is whole.</param>
    public DnsReply Read(DnsQuery query, DnsResponseCode code, bool isNoWhole)
    {
        ChainEnd first = _aliases.Follow(AskedName, query.LinksLeft, takesLast: false);
        if (code == DnsResponseCode.NxDomain)
        {
            return first.Problem is string problem ? new DnsReply.Malformed(problem) : NoName(first);
        }

        DnsReply? reply = RecordsAt(first, query);
        if (reply is not DnsReply.Records && !_aliases.IsEmpty)
        {
            reply = RecordsElsewhere(query) ?? reply;
        }

        return reply
            ?? (first.Problem is string reason ? new DnsReply.Malformed(reason) : NoRecords(first, isNoWhole));
    }

    // Some servers give a name two aliases of which one is dead, or an alias and addresses. The system's resolver uses what it finds.
    private DnsReply.Records? RecordsElsewhere(DnsQuery query) =>
        RecordsAt(_aliases.Follow(AskedName, query.LinksLeft, takesLast: true), query) as DnsReply.Records
        ?? RecordsAt(new ChainEnd(AskedName, TimeSpan.MaxValue, 0, null), query) as DnsReply.Records;

    private DnsReply? RecordsAt(ChainEnd end, DnsQuery query) =>
        end.Links > query.LinksLeft ? null
        : query.Type == DnsRecordType.Srv ? ServiceReader.Read(_message, end.Name, _answers, end.Ttl)
        : AddressReader.Read(_message, end.Name, _answers, query.Type, end.Ttl);

    private DnsReply.None NoName(ChainEnd end)
    {
        TimeSpan negativeTtl = NegativeTtlReader.Read(_message, _authorities, end.Name) ?? DnsMessageReader.DefaultNegativeTtl;
        return new DnsReply.None(EmptyReason.NxDomain, Smaller(end.Ttl, negativeTtl));
    }

    // A SOA record says that there are no records (RFC 2308 section 2.2). Without it, an alias says only that the server did not follow it.
    private DnsReply NoRecords(ChainEnd end, bool isNoWhole)
    {
        TimeSpan? negativeTtl = NegativeTtlReader.Read(_message, _authorities, end.Name);
        if (negativeTtl is null && end.Links > 0)
        {
            int at = end.Name;
            return DnsNameReader.TryRead(_message, ref at, out string? target) && !string.IsNullOrEmpty(target)
                ? new DnsReply.Elsewhere(target, end.Links, end.Ttl)
                : new DnsReply.Malformed("an alias leads to a name that is not a host name");
        }

        return negativeTtl is null && !isNoWhole ? new DnsReply.Malformed("a record breaks off where the absence of records is told")
            : negativeTtl is null && IsLame ? DnsReply.Lame.Instance
            : new DnsReply.None(EmptyReason.NoData, Smaller(end.Ttl, negativeTtl ?? DnsMessageReader.DefaultNegativeTtl));
    }

    // A server that neither has the zone nor asks others knows nothing of the name.
    private bool IsLame => (BinaryPrimitives.ReadUInt16BigEndian(_message[2..]) & AuthoritativeOrRecursive) == 0;

    private static TimeSpan Smaller(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
