using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The content of a hosts file (hosts(5)): the addresses of each name, in the order of its lines.</summary>
internal sealed class HostsFile
{
    public static readonly HostsFile Empty = Parse("");

    private readonly Dictionary<string, ImmutableArray<IPAddress>> _addresses;

    private HostsFile(Dictionary<string, ImmutableArray<IPAddress>> addresses, ImmutableArray<HostsProblem> problems) =>
        (_addresses, Problems) = (addresses, problems);

    /// <summary>The lines and names that were skipped, in their order.</summary>
    public ImmutableArray<HostsProblem> Problems { get; }

    /// <summary>Reads a whole file. What is malformed is skipped and becomes one of <see cref="Problems"/>.</summary>
    public static HostsFile Parse(string text)
    {
        HostsFileReader reader = new();
        foreach (ReadOnlySpan<char> line in text.AsSpan().TrimStart('\uFEFF').EnumerateLines())
        {
            reader.Read(line);
        }

        return new HostsFile(reader.End(), reader.Problems);
    }

    /// <summary>The addresses of one family, or of both; empty if the file does not list the name for it.</summary>
    public ImmutableArray<IPAddress> AddressesOf(string host, AddressFamily family)
    {
        ImmutableArray<IPAddress> all = AllOf(HostsFileReader.KeyOf(host));
        return family == AddressFamily.Unspecified || all.IsEmpty ? all : OfFamily(all, family);
    }

    private static ImmutableArray<IPAddress> OfFamily(ImmutableArray<IPAddress> all, AddressFamily family) =>
        [.. all.Where(address => address.AddressFamily == family)];

    /// <summary>The names whose addresses, or whose order, are not the same in both.</summary>
    public IReadOnlySet<string> DifferencesTo(HostsFile other) =>
        _addresses.Keys.Concat(other._addresses.Keys)
            .Where(name => !AllOf(name).AsSpan().SequenceEqual(other.AllOf(name).AsSpan()))
            .ToHashSet();

    private ImmutableArray<IPAddress> AllOf(string key) => _addresses.GetValueOrDefault(key, []);
}
