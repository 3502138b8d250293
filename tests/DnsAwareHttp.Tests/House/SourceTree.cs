using System.Reflection;

namespace DnsAwareHttp.Tests.House;

/// <summary>The sources of the library, as they lie beside this test.</summary>
internal static class SourceTree
{
    // Told by the build: the paths that the compiler notes are not those of the disk in a deterministic build.
    public static string House { get; } = Path.Combine(
        typeof(SourceTree).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "ProjectFolder").Value!, "House");

    public static string Root { get; } = Path.GetFullPath(Path.Combine(House, "..", "..", "..", "src", "DnsAwareHttp"));

    public static IEnumerable<(string Room, string File, string Text)> Files() =>
        Directory.EnumerateFiles(Root, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Path: path, Relative: Path.GetRelativePath(Root, path)))
            .Where(file => !file.Relative.StartsWith("obj") && !file.Relative.StartsWith("bin"))
            .Select(file => (Path.GetDirectoryName(file.Relative)!.Replace('\\', '/'), file.Relative, File.ReadAllText(file.Path)));
}
