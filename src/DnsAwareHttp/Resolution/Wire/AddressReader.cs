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
        int length = type == DnsRecordType.A ? 4 : 16;
        int count = CountOf(message, name, answers, type, length, out int otherLength);
        if (count == 0)
        {
            return otherLength < 0 ? null : new DnsReply.Malformed($"an address of {otherLength} bytes");
        }

        IPAddress[] addresses = new IPAddress[count];
        int index = 0;
        foreach (DnsRecord record in answers)
        {
            if (index == count || record.DataLength != length || !DnsMessageReader.IsOf(message, name, record, type))
            {
                continue;
            }

            addresses[index++] = new IPAddress(message.Slice(record.DataAt, length));
            ttl = record.Ttl < ttl ? record.Ttl : ttl;
        }

        return new DnsReply.Records(ImmutableCollectionsMarshal.AsImmutableArray(addresses), ttl);
    }

    // One broken record does not spoil the good ones beside it. Broken records alone are no answer.
    private static int CountOf(
        ReadOnlySpan<byte> message, int name, DnsSection answers, DnsRecordType type, int length, out int otherLength)
    {
        int count = 0;
        otherLength = -1;
        foreach (DnsRecord record in answers)
        {
            if (DnsMessageReader.IsOf(message, name, record, type))
            {
                (count, otherLength) = record.DataLength == length ? (count + 1, otherLength) : (count, record.DataLength);
            }
        }

        return Math.Min(count, MaxAddresses);
    }
}
