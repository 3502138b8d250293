using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The <c>hosts</c> line of nsswitch.conf (nsswitch.conf(5)): the sources besides hosts file and DNS.</summary>
/// <param name="BeforeDns">The other modules before <c>dns</c>; all other modules if DNS is not asked.</param>
/// <param name="AfterDns">The other modules after it.</param>
/// <param name="AsksDns">Whether DNS is asked at all.</param>
internal sealed partial record NameSwitch(ImmutableArray<string> BeforeDns, ImmutableArray<string> AfterDns, bool AsksDns)
{
    /// <summary>The default without the file, or without the line.</summary>
    public static readonly NameSwitch Default = new([], [], AsksDns: true);

    private static readonly char[] Blanks = [' ', '\t', '\r', '\v', '\f'];

    /// <summary>Reads the text of the file; null stands for a missing file.</summary>
    public static NameSwitch Parse(string? text)
    {
        foreach (string line in (text ?? "").TrimStart('\uFEFF').Split('\n'))
        {
            string[] parts = line.Split('#')[0].Split(':', 2);
            if (parts.Length == 2 && parts[0].Trim(Blanks) == "hosts")
            {
                return OfLine(parts[1]);
            }
        }

        return Default;
    }

    /// <summary>Whether the operating system's resolver is asked before DNS: one of its modules may know the name, or decides.</summary>
    /// <param name="host">The name.</param>
    /// <param name="machine">The name of this machine.</param>
    public bool IsForSystemFirst(string host, string machine) =>
        !AsksDns || BeforeDns.Any(module => Owns(module, Plain(host), Plain(machine)));

    /// <summary>Whether the operating system's resolver is asked for a name that DNS does not know.</summary>
    /// <param name="host">The name.</param>
    /// <param name="machine">The name of this machine.</param>
    public bool IsForSystemAfterwards(string host, string machine) => AfterDns.Any(module => Owns(module, Plain(host), Plain(machine)));

    public bool Equals(NameSwitch? other) =>
        other is not null
        && AsksDns == other.AsksDns
        && BeforeDns.AsSpan().SequenceEqual(other.BeforeDns.AsSpan())
        && AfterDns.AsSpan().SequenceEqual(other.AfterDns.AsSpan());

    public override int GetHashCode() => HashCode.Combine(AsksDns, BeforeDns.Length, AfterDns.Length);

    private static NameSwitch OfLine(string line)
    {
        List<string> before = [];
        List<string> after = [];
        bool asksDns = false;
        bool ends = false;
        foreach (Match part in Parts().Matches(line).TakeWhile(_ => !ends))
        {
            string word = part.Value.ToLowerInvariant();
            if (word[0] == '[')
            {
                // The module before decides about all names. The short forms of mdns decide only about .local, and resolve asks DNS as
                // well.
                string last = after.Concat(before).LastOrDefault("files");
                ends = !asksDns && NotFoundReturns().IsMatch(word) && !last.EndsWith("_minimal", StringComparison.Ordinal);
            }
            else if (word == "dns")
            {
                asksDns = true;
            }
            else if (word != "files")
            {
                (asksDns ? after : before).Add(word);
            }
        }

        return new NameSwitch([.. before], [.. after], asksDns);
    }

    private static bool Owns(string module, string host, string machine) => module switch
    {
        "myhostname" => IsOwnName(host, machine) || host is "_gateway" or "_outbound",
        "resolve" => IsSingleLabel(host) || IsMulticast(host) || IsOwnName(host, machine),
        _ when module.StartsWith("mdns", StringComparison.Ordinal) => IsMulticast(host),

        // mymachines, libvirt, wins, nis and the like name machines nearby, by one label.
        _ => IsSingleLabel(host),
    };

    private static bool IsSingleLabel(string host) => !host.Contains('.', StringComparison.Ordinal);

    private static bool IsMulticast(string host) => host == "local" || host.EndsWith(".local", StringComparison.Ordinal);

    private static bool IsOwnName(string host, string machine) =>
        machine.Length > 0 && (host == machine || machine.StartsWith(host + ".", StringComparison.Ordinal));

    private static string Plain(string host) => (host.EndsWith('.') ? host[..^1] : host).ToLowerInvariant();

    [GeneratedRegex(@"\[[^\]]*\]|[^\s\[\]]+")]
    private static partial Regex Parts();

    [GeneratedRegex(@"(^|[\[\s])notfound\s*=\s*return")]
    private static partial Regex NotFoundReturns();
}
