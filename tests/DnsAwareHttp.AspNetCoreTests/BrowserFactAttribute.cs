namespace DnsAwareHttp.AspNetCoreTests;

/// <summary>A test that needs a browser. Without one it is skipped with the reason, or fails where <c>DNSAWARE_REQUIRE_SERVERS=1</c> says that it must be there.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute() => Skip =
        Chromium.Program is null && Environment.GetEnvironmentVariable("DNSAWARE_REQUIRE_SERVERS") != "1" ? "needs Debian's package chromium" : null;
}
