using System.Net;
using DnsClient;
using DnsClient.Protocol;

namespace DnsAwareHttp.DnsClient;

/// <summary>Reads what a response says about the addresses of a name.</summary>
internal static class ResponseReader
{
    private const int MaxAliases = 64;

    private static readonly TimeSpan NegativeTtlWithoutSoa = TimeSpan.FromSeconds(5);

    public static Answer Read(string host, IDnsQueryResponse response)
    {
        if (response.Header.ResponseCode is not (DnsHeaderResponseCode.NoError or DnsHeaderResponseCode.NotExistentDomain))
        {
            return new Answer.Failed($"name server {response.NameServer} answered {response.Header.ResponseCode}");
        }

        (DnsString name, int ttl) = FollowAliases(DnsString.Parse(host), response.Answers);
        AddressRecord[] records = [.. response.Answers.OfType<AddressRecord>().Where(record => IsSame(record.DomainName, name))];
        if (records.Length > 0)
        {
            ttl = Math.Min(ttl, records.Min(Seconds));
            IPAddress[] addresses = [.. records.Select(record => record.Address).Where(address => !IsUnspecified(address))];
            return addresses.Length > 0
                ? new Answer.Found([.. addresses], TimeSpan.FromSeconds(ttl))
                : new Answer.Empty(EmptyReason.NoData, TimeSpan.FromSeconds(ttl));
        }

        SoaRecord? soa = response.Authorities.OfType<SoaRecord>().FirstOrDefault();
        bool exists = response.Header.ResponseCode is DnsHeaderResponseCode.NoError;
        if (exists && soa is null && !response.Header.HasAuthorityAnswer && !response.Header.RecursionAvailable)
        {
            // A referral: this server does not know, and will not find out.
            return new Answer.Failed($"name server {response.NameServer} has no answer and does not look for one");
        }

        EmptyReason reason = exists ? EmptyReason.NoData : EmptyReason.NxDomain;
        return new Answer.Empty(reason, soa is null ? NegativeTtlWithoutSoa : NegativeTtl(soa, ttl));
    }

    // Blockers mean by it that there is no address. To connect to it would reach this machine.
    private static bool IsUnspecified(IPAddress address) =>
        address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || address.Equals(IPAddress.Any.MapToIPv6());

    // Records that the chain of aliases does not lead to are not part of the answer.
    private static (DnsString Name, int Ttl) FollowAliases(DnsString host, IReadOnlyList<DnsResourceRecord> answers)
    {
        (DnsString name, int ttl) = (host, int.MaxValue);
        for (int links = 0; links < MaxAliases && FindAlias(name, answers) is CNameRecord alias; links++)
        {
            (name, ttl) = (alias.CanonicalName, Math.Min(ttl, Seconds(alias)));
        }

        return (name, ttl);
    }

    private static CNameRecord? FindAlias(DnsString name, IReadOnlyList<DnsResourceRecord> answers) =>
        answers.OfType<CNameRecord>().FirstOrDefault(alias => IsSame(alias.DomainName, name));

    // The client decodes IDN labels. The form that came over the wire is Original in the owner of a record, and Value in the target of an
    // alias.
    private static bool IsSame(DnsString one, DnsString other) =>
        IsSame(one.Original, other.Original) || IsSame(one.Original, other.Value)
        || IsSame(one.Value, other.Original) || IsSame(one.Value, other.Value);

    private static bool IsSame(string one, string other) =>
        one.AsSpan().TrimEnd('.').Equals(other.AsSpan().TrimEnd('.'), StringComparison.OrdinalIgnoreCase);

    // A TTL with its highest bit set means 0 (RFC 2181 section 8).
    private static int Seconds(DnsResourceRecord record) => Math.Max(0, record.InitialTimeToLive);

    // The smaller of TTL and MINIMUM (RFC 2308 section 5).
    private static TimeSpan NegativeTtl(SoaRecord soa, int ttl) =>
        TimeSpan.FromSeconds(Math.Min(ttl, Math.Min(Seconds(soa), soa.Minimum > int.MaxValue ? 0 : (int)soa.Minimum)));
}
