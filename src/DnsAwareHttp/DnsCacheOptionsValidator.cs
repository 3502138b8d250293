namespace DnsAwareHttp;

/// <summary>Provisional.</summary>
internal static class DnsCacheOptionsValidator
{
    public static void ThrowIfInvalid(DnsCacheOptions options)
    {
    }

    public static DnsCacheOptions Snapshot(this DnsCacheOptions options) => options;
}
