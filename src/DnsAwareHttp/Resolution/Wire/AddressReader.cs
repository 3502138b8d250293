using System.Net;
using System.Runtime.InteropServices;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Reads the A or AAAA records of a reply.</summary>
internal static class AddressReader
{
    /// <summary>The maximum number of addresses that are taken from one answer.</summary>
    public const int MaxAddresses = 4096;

    /// <summary>The addresses of <paramref name="name"/>; null when it has no record of the type.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="name">The position of the name that was asked for, or of the target of its aliases.</param>
    /// <param name="answers">The records of the answer section.</param>
    /// <param name="type">A or AAAA.</param>
    /// <param name="ttl">The smallest TTL of the aliases that led to <paramref name="name"/>.</param>
    public static DnsReply? Read(ReadOnlySpan<byte> message, int name, DnsSection answers, DnsRecordType type, TimeSpan ttl)
    {
        int count = CountOf(message, name, answers, type);
        if (count == 0)
        {
            return null;
        }

        IPAddress[] addresses = new IPAddress[count];
        int length = type == DnsRecordType.A ? 4 : 16;
        int index = 0;
        foreach (DnsRecord record in answers)
        {
            if (index == count || !DnsMessageReader.IsOf(message, name, record, type))
            {
                continue;
            }

            if (record.DataLength != length)
            {
                return new DnsReply.Malformed($"an address of {record.DataLength} bytes");
            }

            addresses[index++] = new IPAddress(message.Slice(record.DataAt, length));
            ttl = record.Ttl < ttl ? record.Ttl : ttl;
        }

        return new DnsReply.Records(ImmutableCollectionsMarshal.AsImmutableArray(addresses), ttl);
    }

    private static int CountOf(ReadOnlySpan<byte> message, int name, DnsSection answers, DnsRecordType type)
    {
        int count = 0;
        foreach (DnsRecord record in answers)
        {
            count += DnsMessageReader.IsOf(message, name, record, type) ? 1 : 0;
        }

        return Math.Min(count, MaxAddresses);
    }
}
