using System.Net;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The name of this machine, with its domain where it has one.</summary>
internal static class MachineName
{
    private const string KernelFile = "/proc/sys/kernel/hostname";

    /// <summary>Reads the name as it is now. On Linux no activity is started.</summary>
    /// <remarks>
    /// <see cref="Dns.GetHostName"/> starts an activity, "DNS lookup", though it asks no server: a stray span in the trace of a request.
    /// <see cref="Environment.MachineName"/> starts no activity, but cuts the domain off. resolv.conf needs the domain as its default.
    /// </remarks>
    public static string Read()
    {
        try
        {
            return OperatingSystem.IsLinux() ? File.ReadAllText(KernelFile).TrimEnd('\n') : Dns.GetHostName();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // No /proc here.
            return Dns.GetHostName();
        }
    }
}
