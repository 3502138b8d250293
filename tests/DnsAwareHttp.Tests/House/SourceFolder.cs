using System.Runtime.CompilerServices;

namespace DnsAwareHttp.Tests.House;

/// <summary>Where the files of this checkout are, as the compiler saw them.</summary>
internal static class SourceFolder
{
    public static string House { get; } = Path.GetDirectoryName(ThisFile())!;

    public static string Library { get; } = Path.GetFullPath(Path.Combine(House, "..", "..", "..", "src", "DnsAwareHttp"));

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
