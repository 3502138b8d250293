namespace DnsAwareHttp.Resolution.Wire;

/// <summary>One resource record of a message (RFC 1035 section 4.1.3), its owner and its data still in place.</summary>
internal readonly record struct DnsRecord(int OwnerAt, DnsRecordType Type, ushort Class, uint RawTtl, int DataAt, int DataLength)
{
    private const ushort Internet = 1;

    public bool IsInternet => Class == Internet;

    /// <summary>A TTL with its highest bit set means 0 (RFC 2181 section 8).</summary>
    public TimeSpan Ttl => RawTtl > int.MaxValue ? TimeSpan.Zero : TimeSpan.FromSeconds(RawTtl);
}
