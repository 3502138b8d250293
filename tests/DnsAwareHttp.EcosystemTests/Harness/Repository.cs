using System.Reflection;

namespace DnsAwareHttp.EcosystemTests.Harness;

/// <summary>Where the files of the repository are.</summary>
internal static class Repository
{
    /// <summary>The folder of the documentation.</summary>
    public static string Docs { get; } = Path.GetFullPath(Path.Combine(ProjectFolder, "..", "..", "docs"));

    private static string ProjectFolder => typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(data => data.Key == "ProjectFolder").Value!;
}
