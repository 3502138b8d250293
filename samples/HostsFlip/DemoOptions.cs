namespace HostsFlip;

/// <summary>What the command line asks for.</summary>
internal sealed record DemoOptions
{
    public const string HelpText = """
        HostsFlip: what happens to HTTP traffic when a name gets a new address.

        Usage: dotnet run --project samples/HostsFlip [-- OPTIONS]

        Two web servers run on this machine, and a hosts file says that a name is the first. Two clients
        send steady traffic to that name: a plain HttpClient, and one with a DnsAwareHandler. Then the hosts
        file changes to the second server. The first one answers on for 5 s, as servers do that are about to
        be removed, and is then switched off: its connections stay open, and no answer comes any more.
        Takes 12 s; on a busy machine each step waits for the one before it.

        Options:
          --json        Print the result as one JSON object on the last line; all else goes to stderr.
          --svg FILE    Draw the timeline into FILE.
          --etc-hosts   Edit the machine's own hosts file (as root) instead of a private one, and restore it
                        in the end. The added line has a random name under .test.
          --help        Print this text.

        Without --etc-hosts the operating system does not know the private hosts file. So the plain client
        gets a ConnectCallback that looks the name up in that file for each new connection, which is what
        the operating system does with its own. With --etc-hosts it has no settings of name resolution.
        Both clients have a Timeout of 3 s. The default is 100 s: then the visitors wait that long.

        Exit code: 0 the promise of DnsAwareHttp held (moved within 1 s, never back, no request failed,
        download whole), 1 it did not, 2 wrong use, 130 interrupted.
        """;

    public bool Help { get; private init; }

    public bool Json { get; private init; }

    public bool EtcHosts { get; private init; }

    public string? SvgFile { get; private init; }

    public static DemoOptions Parse(IReadOnlyList<string> arguments)
    {
        DemoOptions options = new();
        for (int i = 0; i < arguments.Count; i++)
        {
            options = arguments[i] switch
            {
                "--help" or "-h" => options with { Help = true },
                "--json" => options with { Json = true },
                "--etc-hosts" => options with { EtcHosts = true },
                "--svg" => options with { SvgFile = Writable(i + 1 < arguments.Count ? arguments[++i] : "") },
                string unknown => throw new WrongUseException($"'{unknown}' is not an option."),
            };
        }

        return options;
    }

    // Found out now, not after the show.
    private static string Writable(string file)
    {
        if (file.Length == 0 || file.StartsWith("--", StringComparison.Ordinal))
        {
            throw new WrongUseException("--svg needs the name of a file.");
        }

        string directory = Path.GetDirectoryName(Path.GetFullPath(file)) ?? "";
        return Directory.Exists(directory) && !Directory.Exists(file)
            ? file
            : throw new WrongUseException($"--svg cannot write the file '{file}': there is no such directory, or it is one.");
    }
}
