using System.Runtime.CompilerServices;

namespace DnsAwareHttp.Tests.House;

/// <summary>The sources of the library, as they lie beside this test.</summary>
internal static class SourceTree
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Here(), "..", "..", "..", "src", "DnsAwareHttp"));

    public static string House { get; } = Here();

    public static IEnumerable<(string Room, string File, string Text)> Files() =>
        Directory.EnumerateFiles(Root, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Path: path, Relative: Path.GetRelativePath(Root, path)))
            .Where(file => !file.Relative.StartsWith("obj") && !file.Relative.StartsWith("bin"))
            .Select(file => (Path.GetDirectoryName(file.Relative)!.Replace('\\', '/'), file.Relative, File.ReadAllText(file.Path)));

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
