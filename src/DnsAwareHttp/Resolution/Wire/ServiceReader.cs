using System.Buffers.Binary;
using System.Collections.Immutable;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>Reads the SRV records of a reply (RFC 2782).</summary>
internal static class ServiceReader
{
    /// <summary>The maximum number of targets that are taken from one answer.</summary>
    public const int MaxTargets = 1024;

    // Priority, weight and port come before the name.
    private const int FixedLength = 6;

    /// <summary>The SRV records of <paramref name="name"/>; null if it has no such record.</summary>
    /// <remarks>
    /// A target that cannot be connected to (a name that is not a host name, port 0) is left out. The root as the only target says that the
    /// service is decidedly not available: then there are no targets. A record that breaks off is left out beside good ones.
    /// Names in the data should not be compressed (RFC 2782); compressed names are read too (RFC 3597 section 4).
    /// </remarks>
    /// <param name="message">The whole message.</param>
    /// <param name="name">The position of the name of the service, or of the target of its aliases.</param>
    /// <param name="answers">The records of the answer section.</param>
    /// <param name="ttl">The smallest TTL of the aliases that led to <paramref name="name"/>.</param>
    public static DnsReply? Read(ReadOnlySpan<byte> message, int name, DnsSection answers, TimeSpan ttl)
    {
        ImmutableArray<ServiceTarget>.Builder targets = ImmutableArray.CreateBuilder<ServiceTarget>();
        HashSet<ServiceTarget> seen = [];
        bool hasRecords = false;
        bool isUnavailable = false;
        bool isBroken = false;
        foreach (DnsRecord record in answers)
        {
            if (!DnsMessageReader.IsOf(message, name, record, DnsRecordType.Srv) || targets.Count == MaxTargets)
            {
                continue;
            }

            hasRecords = true;
            if (!TryReadTarget(message, record, out ServiceTarget? target))
            {
                isBroken = true;
                continue;
            }

            ttl = record.Ttl < ttl ? record.Ttl : ttl;
            isUnavailable |= target is { Host.Length: 0 };
            if (target is { Host.Length: > 0, Port: > 0 } && seen.Add(target))
            {
                targets.Add(target);
            }
        }

        return !hasRecords ? null
            : targets.Count > 0 || (isUnavailable && !isBroken) ? new DnsReply.Records([], ttl) { Targets = targets.ToImmutable() }
            : new DnsReply.Malformed(
                isBroken ? "a service's target breaks off" : "a service has no target that could be connected to");
    }

    /// <returns>False if the data are not an SRV record. <paramref name="target"/> is null if its name is not a host name.</returns>
    private static bool TryReadTarget(ReadOnlySpan<byte> message, DnsRecord record, out ServiceTarget? target)
    {
        target = null;
        int at = record.DataAt + FixedLength;
        if (record.DataLength <= FixedLength
            || !DnsNameReader.TryRead(message, ref at, out string? host)
            || at != record.DataAt + record.DataLength)
        {
            return false;
        }

        ReadOnlySpan<byte> data = message.Slice(record.DataAt, FixedLength);
        target = host is null
            ? null
            : new ServiceTarget(
                host,
                Port: BinaryPrimitives.ReadUInt16BigEndian(data[4..]),
                Priority: BinaryPrimitives.ReadUInt16BigEndian(data),
                Weight: BinaryPrimitives.ReadUInt16BigEndian(data[2..]));
        return true;
    }
}
