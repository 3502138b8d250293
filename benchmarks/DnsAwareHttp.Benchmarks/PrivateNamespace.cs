using System.Diagnostics;
using System.Runtime.InteropServices;

namespace DnsAwareHttp.Benchmarks;

/// <summary>Runs this program once more, in a network namespace with a resolv.conf, a hosts file and an nsswitch.conf of its own.</summary>
internal static class PrivateNamespace
{
    private const string Prepare = """
        export TMPDIR="$1"
        ip link set lo up
        printf 'nameserver 127.0.0.1\n' > "$1/resolv.conf"
        printf '127.0.0.1 localhost\n' > "$1/hosts"
        printf 'hosts: files dns\n' > "$1/nsswitch.conf"
        for file in resolv.conf hosts nsswitch.conf; do [ -e "/etc/$file" ] && mount --bind "$1/$file" "/etc/$file"; done
        """;

    /// <summary>The words of a command that starts this program.</summary>
    public static string[] Program { get; } = IsHost(Environment.ProcessPath!)
        ? [Environment.ProcessPath!, typeof(PrivateNamespace).Assembly.Location]
        : [Environment.ProcessPath!];

    /// <param name="before">Commands of the shell before the program.</param>
    /// <param name="args">The arguments of the program.</param>
    public static int Start(string before, params string[] args)
    {
        string folder = Directory.CreateTempSubdirectory("dnsaware-").FullName;
        try
        {
            // The namespace of processes ends with its first one, and all servers with it.
            ProcessStartInfo start = new("unshare",
            [
                "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                "sh", "-ec", $"{Prepare}\n{before}\nshift\nexec \"$@\"", "sh", folder, .. Program, .. args,
            ]);
            using Process process = Process.Start(start)!;
            using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
            using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
            process.WaitForExit();
            return process.ExitCode;

            // All inside ends with it. This program ends after it, and deletes the folder.
            void End(PosixSignalContext context)
            {
                context.Cancel = true;
                process.Kill();
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool IsHost(string path) => Path.GetFileNameWithoutExtension(path) == "dotnet";
}
