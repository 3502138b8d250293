using System.Net;
using DnsClient;
using DnsClient.Protocol;

namespace DnsAwareHttp.DnsClient;

/// <summary>Reads what a response says about a name.</summary>
internal static class ResponseReader
{
    /// <summary>A chain of aliases that is longer is a loop.</summary>
    public const int MaxAliases = 64;

    private static readonly TimeSpan NegativeTtlWithoutSoa = TimeSpan.FromSeconds(5);

    public static Reply Read(string host, QueryType type, IDnsQueryResponse response)
    {
        if (response.Header.ResponseCode is not (DnsHeaderResponseCode.NoError or DnsHeaderResponseCode.NotExistentDomain))
        {
            return Failed($"name server {response.NameServer} answered {response.Header.ResponseCode}");
        }

        (DnsString name, int ttl, int links) = FollowAliases(DnsString.Parse(host), response.Answers);
        if (links > MaxAliases)
        {
            return Failed("the chain of aliases is too long, or is a loop");
        }

        return ReadRecords(name, type, ttl, response) ?? ReadNo(name, ttl, links, response);
    }

    /// <summary>The form that a name has in a message.</summary>
    /// <remarks>
    /// The client decodes IDN labels. What came over the wire is <see cref="DnsString.Original"/> in the owner of a record, and
    /// <see cref="DnsString.Value"/> in the target of an alias.
    /// </remarks>
    public static string WireForm(DnsString name) => IsAscii(name.Original) ? name.Original : name.Value;

    private static Reply? ReadRecords(DnsString name, QueryType type, int ttl, IDnsQueryResponse response)
    {
        DnsResourceRecord[] records =
        [
            .. response.Answers.Where(record => (int)record.RecordType == (int)type && IsSame(record.DomainName, name)),
        ];
        if (records.Length == 0)
        {
            return null;
        }

        TimeSpan holds = TimeSpan.FromSeconds(Math.Min(ttl, records.Min(Seconds)));
        if (type == QueryType.SRV)
        {
            return new Reply(ReadTargets(records.OfType<SrvRecord>(), holds));
        }

        IEnumerable<IPAddress> all = records.OfType<AddressRecord>().Select(static record => record.Address);
        IPAddress[] usable = [.. all.Where(static address => !IsUnspecified(address))];
        return new Reply(usable.Length > 0 ? new Answer.Found([.. usable], holds) : new Answer.Empty(EmptyReason.NoData, holds));
    }

    // A target of "." says that the service is not available (RFC 2782). A target that cannot be connected to is left out.
    private static Answer ReadTargets(IEnumerable<SrvRecord> records, TimeSpan ttl)
    {
        SrvRecord[] all = [.. records];
        List<ServiceTarget> targets = [];
        foreach (SrvRecord record in all.Where(record => record.Port > 0 && WireForm(record.Target).Trim('.').Length > 0))
        {
            try
            {
                ServiceTarget target = new(WireForm(record.Target), record.Port, record.Priority, record.Weight);
                targets.AddRange(Answer.ForService([target], ttl).Targets!);
            }
            catch (ArgumentException)
            {
                // Its host is not a host name.
            }
        }

        return targets.Count > 0 || all.Any(record => WireForm(record.Target).Trim('.').Length == 0)
            ? Answer.ForService(targets, ttl)
            : new Answer.Failed("the service has no target that could be connected to");
    }

    private static Reply ReadNo(DnsString name, int ttl, int links, IDnsQueryResponse response)
    {
        SoaRecord? soa = response.Authorities.OfType<SoaRecord>().FirstOrDefault();
        bool exists = response.Header.ResponseCode is DnsHeaderResponseCode.NoError;
        if (exists && soa is null && links > 0)
        {
            // The server does not follow its alias.
            return new Reply(new Answer.Found([], TimeSpan.FromSeconds(ttl)), name, links);
        }

        if (exists && soa is null && !response.Header.HasAuthorityAnswer && !response.Header.RecursionAvailable)
        {
            // A referral: this server does not know, and will not find out.
            return Failed($"name server {response.NameServer} has no answer and does not look for one");
        }

        EmptyReason reason = exists ? EmptyReason.NoData : EmptyReason.NxDomain;
        return new Reply(new Answer.Empty(reason, soa is null ? NegativeTtlWithoutSoa : NegativeTtl(soa, ttl)));
    }

    private static Reply Failed(string reason) => new(new Answer.Failed(reason));

    // Blockers mean by it that there is no address. To connect to it would reach this machine.
    private static bool IsUnspecified(IPAddress address) =>
        address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || address.Equals(IPAddress.Any.MapToIPv6());

    // Records that the chain of aliases does not lead to are not part of the answer.
    private static (DnsString Name, int Ttl, int Links) FollowAliases(DnsString host, IReadOnlyList<DnsResourceRecord> answers)
    {
        (DnsString name, int ttl, int links) = (host, int.MaxValue, 0);
        while (links <= MaxAliases && FindAlias(name, answers) is CNameRecord alias)
        {
            (name, ttl, links) = (alias.CanonicalName, Math.Min(ttl, Seconds(alias)), links + 1);
        }

        return (name, ttl, links);
    }

    private static CNameRecord? FindAlias(DnsString name, IReadOnlyList<DnsResourceRecord> answers) =>
        answers.OfType<CNameRecord>().FirstOrDefault(alias => IsSame(alias.DomainName, name));

    private static bool IsSame(DnsString one, DnsString other) =>
        IsSame(one.Original, other.Original) || IsSame(one.Original, other.Value)
        || IsSame(one.Value, other.Original) || IsSame(one.Value, other.Value);

    private static bool IsSame(string one, string other) =>
        one.AsSpan().TrimEnd('.').Equals(other.AsSpan().TrimEnd('.'), StringComparison.OrdinalIgnoreCase);

    private static bool IsAscii(string name) => System.Text.Ascii.IsValid(name);

    // A TTL with its highest bit set means 0 (RFC 2181 section 8).
    private static int Seconds(DnsResourceRecord record) => Math.Max(0, record.InitialTimeToLive);

    // The smaller of TTL and MINIMUM (RFC 2308 section 5).
    private static TimeSpan NegativeTtl(SoaRecord soa, int ttl) =>
        TimeSpan.FromSeconds(Math.Min(ttl, Math.Min(Seconds(soa), soa.Minimum > int.MaxValue ? 0 : (int)soa.Minimum)));
}
