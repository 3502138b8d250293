namespace DnsAwareHttp;

/// <summary>Provisional.</summary>
internal static class DnsAwareOptionsValidator
{
    public static void ThrowIfInvalid(DnsAwareOptions options)
    {
    }

    public static DnsAwareOptions Snapshot(this DnsAwareOptions options) => options;
}
