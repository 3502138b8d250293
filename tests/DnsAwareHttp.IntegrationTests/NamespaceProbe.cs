using System.Reflection;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>Where the program is that tests run inside of network namespaces: in its own folder, with all that it needs.</summary>
internal static class NamespaceProbe
{
    public static string Path { get; } = typeof(NamespaceProbe).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == nameof(NamespaceProbe)).Value!;
}
