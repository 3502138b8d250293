using System.Buffers.Binary;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Reads the TTL of an empty answer from the SOA record that comes with it (RFC 2308 section 5).</summary>
internal static class NegativeTtlReader
{
    private const int SoaTimesLength = 20;

    /// <summary>The smaller of TTL and MINIMUM of the SOA record of a zone that the name is in; null without such a record.</summary>
    public static TimeSpan? Read(ReadOnlySpan<byte> message, DnsSection authorities, int name)
    {
        foreach (DnsRecord record in authorities)
        {
            if (record is { Type: DnsRecordType.Soa, IsInternet: true }
                && DnsNameReader.IsWithin(message, name, record.OwnerAt)
                && MinimumOf(message, record) is TimeSpan minimum)
            {
                return record.Ttl < minimum ? record.Ttl : minimum;
            }
        }

        return null;
    }

    private static TimeSpan? MinimumOf(ReadOnlySpan<byte> message, DnsRecord soa)
    {
        int at = soa.DataAt;
        bool isWhole = DnsNameReader.TrySkip(message, ref at)
            && DnsNameReader.TrySkip(message, ref at)
            && at + SoaTimesLength == soa.DataAt + soa.DataLength;
        if (!isWhole)
        {
            return null;
        }

        uint minimum = BinaryPrimitives.ReadUInt32BigEndian(message[(at + SoaTimesLength - 4)..]);
        return minimum > int.MaxValue ? TimeSpan.Zero : TimeSpan.FromSeconds(minimum);
    }
}
