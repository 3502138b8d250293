namespace DnsAwareHttp.IntegrationTests;

/// <summary>What this machine has.</summary>
internal static class Machine
{
    private static readonly string[] Folders = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator), "/usr/sbin", "/sbin"];

    /// <summary>Why a test cannot run here; null when it can, or when it must and is to fail by itself.</summary>
    public static string? WhyNot(string[] programs, bool needsRoot)
    {
        string[] missing = [.. programs.Where(program => PathOf(program) is null)];
        string? reason = missing.Length > 0 ? $"This machine has no {string.Join(", ", missing)}."
            : needsRoot && !Environment.IsPrivilegedProcess ? "Making network namespaces needs root."
            : null;
        return Environment.GetEnvironmentVariable("DNSAWARE_REQUIRE_SERVERS") == "1" ? null : reason;
    }

    public static string? PathOf(string program) => Folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
