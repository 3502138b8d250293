using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The content of a hosts file (hosts(5)): the addresses of each name, in the order of its lines.</summary>
internal sealed class HostsFile
{
    public static readonly HostsFile Empty = Parse("");

    private readonly FrozenDictionary<string, ImmutableArray<IPAddress>> _addresses;

    private HostsFile(FrozenDictionary<string, ImmutableArray<IPAddress>> addresses, ImmutableArray<HostsProblem> problems) =>
        (_addresses, Problems) = (addresses, problems);

    /// <summary>The lines that were skipped, in their order.</summary>
    public ImmutableArray<HostsProblem> Problems { get; }

    /// <summary>Reads a whole file. Malformed lines are skipped and become <see cref="Problems"/>.</summary>
    public static HostsFile Parse(string text)
    {
        Dictionary<string, List<IPAddress>> addresses = [];
        ImmutableArray<HostsProblem>.Builder problems = ImmutableArray.CreateBuilder<HostsProblem>();
        int line = 0;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().TrimStart('\uFEFF').EnumerateLines())
        {
            line++;
            string[] words = WordsOf(raw);
            if (words.Length > 0 && Add(words, addresses) is string problem)
            {
                problems.Add(new HostsProblem(line, problem, raw.Trim().ToString()));
            }
        }

        return new HostsFile(addresses.ToFrozenDictionary(pair => pair.Key, pair => pair.Value.ToImmutableArray()), problems.ToImmutable());
    }

    /// <summary>The addresses of one family, or of both; empty if the file does not list the name for it.</summary>
    public ImmutableArray<IPAddress> AddressesOf(string host, AddressFamily family)
    {
        ImmutableArray<IPAddress> all = AllOf(KeyOf(host));
        return family == AddressFamily.Unspecified ? all : [.. all.Where(address => address.AddressFamily == family)];
    }

    /// <summary>The names whose addresses, or whose order, are not the same in both.</summary>
    public IReadOnlySet<string> DifferencesTo(HostsFile other) =>
        _addresses.Keys.Union(other._addresses.Keys)
            .Where(name => !AllOf(name).AsSpan().SequenceEqual(other.AllOf(name).AsSpan()))
            .ToHashSet();

    private ImmutableArray<IPAddress> AllOf(string key) => _addresses.GetValueOrDefault(key, []);

    private static string[] WordsOf(ReadOnlySpan<char> line)
    {
        int comment = line.IndexOf('#');
        ReadOnlySpan<char> said = comment < 0 ? line : line[..comment];
        return said.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }

    private static string? Add(string[] words, Dictionary<string, List<IPAddress>> addresses)
    {
        if (!TryParseAddress(words[0], out IPAddress address))
        {
            return $"'{words[0]}' is not an IP address";
        }

        if (words.Length == 1)
        {
            return "no name follows the address";
        }

        foreach (string word in words.AsSpan(1))
        {
            if (DnsMessageWriter.ProblemOf(word) is not NameProblem.None and NameProblem problem)
            {
                return $"'{word}' is not a host name ({problem})";
            }
        }

        foreach (string word in words.AsSpan(1))
        {
            Add(KeyOf(word), address, addresses);
        }

        return null;
    }

    // The runtime takes 10.2 for 10.0.0.2 and 010.0.0.1 for 8.0.0.1; the system's resolver skips such lines.
    private static bool TryParseAddress(string text, out IPAddress address)
    {
        bool isAddress = IPAddress.TryParse(text, out IPAddress? parsed)
            && !text.StartsWith('[')
            && (parsed.AddressFamily == AddressFamily.InterNetworkV6 || parsed.ToString() == text);
        address = isAddress && parsed!.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed ?? IPAddress.None;
        return isAddress;
    }

    private static void Add(string name, IPAddress address, Dictionary<string, List<IPAddress>> addresses)
    {
        if (!addresses.TryGetValue(name, out List<IPAddress>? known))
        {
            addresses.Add(name, known = []);
        }

        if (!known.Contains(address))
        {
            known.Add(address);
        }
    }

    private static string KeyOf(string name) => name.TrimEnd('.').ToLowerInvariant();
}
