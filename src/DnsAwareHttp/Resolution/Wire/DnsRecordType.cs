namespace DnsAwareHttp.Resolution.Wire;

/// <summary>The record types that are asked for or read (RFC 1035 section 3.2.2, RFC 3596, RFC 2782, RFC 6891).</summary>
internal enum DnsRecordType : ushort
{
    A = 1,
    Cname = 5,
    Soa = 6,
    Aaaa = 28,
    Srv = 33,
    Opt = 41,
}
