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
        Below(Root).Select(file => (Path.GetDirectoryName(file.File)!.Replace('\\', '/'), file.File, file.Text));

    /// <summary>The sources of all libraries, with paths from <c>src</c>.</summary>
    public static IEnumerable<(string File, string Text)> AllLibraries()
    {
        string src = Path.GetDirectoryName(Root)!;
        return Directory.EnumerateDirectories(src).SelectMany(Below, (library, file) => (Path.Combine(Path.GetFileName(library), file.File), file.Text));
    }

    private static IEnumerable<(string File, string Text)> Below(string project) =>
        Directory.EnumerateFiles(project, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Path: path, Relative: Path.GetRelativePath(project, path)))
            .Where(file => !file.Relative.StartsWith("obj") && !file.Relative.StartsWith("bin"))
            .Select(file => (file.Relative, File.ReadAllText(file.Path)));
}
