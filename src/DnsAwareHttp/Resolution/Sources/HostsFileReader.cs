using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Reads a hosts file line by line.</summary>
/// <remarks>
/// Block lists have hundreds of thousands of lines, most of them with the same address. A line costs the text of its new names; names with
/// the same single address share it.
/// </remarks>
internal sealed class HostsFileReader
{
    private readonly Dictionary<string, ImmutableArray<IPAddress>> _addresses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<IPAddress>>.AlternateLookup<ReadOnlySpan<char>> _byName;
    private readonly Dictionary<string, List<IPAddress>> _several = new(StringComparer.Ordinal);
    private readonly ImmutableArray<HostsProblem>.Builder _problems = ImmutableArray.CreateBuilder<HostsProblem>();
    private readonly char[] _key = new char[DnsLabels.MaxNameLength];
    private string _lastText = "";
    private ImmutableArray<IPAddress> _last = [];
    private int _line;

    public HostsFileReader() => _byName = _addresses.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The lines and names that were skipped.</summary>
    public ImmutableArray<HostsProblem> Problems => _problems.ToImmutable();

    public static string KeyOf(string name) => name.TrimEnd('.').ToLowerInvariant();

    public void Read(ReadOnlySpan<char> line)
    {
        _line++;
        int comment = line.IndexOf('#');
        ReadOnlySpan<char> rest = comment < 0 ? line : line[..comment];
        ReadOnlySpan<char> address = NextWord(ref rest);
        if (address.IsEmpty)
        {
            return;
        }

        if (!TryReadAddress(address))
        {
            Note($"'{address}' is not an IP address", line);
            return;
        }

        ReadOnlySpan<char> name = NextWord(ref rest);
        if (name.IsEmpty)
        {
            Note("no name follows the address", line);
        }

        for (; !name.IsEmpty; name = NextWord(ref rest))
        {
            ReadName(name, line);
        }
    }

    /// <summary>The addresses of each name; names are in lower case without a trailing dot.</summary>
    public Dictionary<string, ImmutableArray<IPAddress>> End()
    {
        foreach ((string name, List<IPAddress> addresses) in _several)
        {
            _addresses[name] = [.. addresses];
        }

        _addresses.TrimExcess();
        return _addresses;
    }

    private static ReadOnlySpan<char> NextWord(ref ReadOnlySpan<char> rest)
    {
        rest = rest.TrimStart();
        int end = 0;
        while (end < rest.Length && !char.IsWhiteSpace(rest[end]))
        {
            end++;
        }

        ReadOnlySpan<char> word = rest[..end];
        rest = rest[end..];
        return word;
    }

    private bool TryReadAddress(ReadOnlySpan<char> text)
    {
        if (text.SequenceEqual(_lastText))
        {
            return true;
        }

        string said = text.ToString();
        if (!TryParseAddress(said, out IPAddress address))
        {
            return false;
        }

        (_lastText, _last) = (said, [address]);
        return true;
    }

    // The runtime takes 10.2 for 10.0.0.2 and 010.0.0.1 for 8.0.0.1; the system's resolver skips such lines.
    private static bool TryParseAddress(string text, out IPAddress address)
    {
        bool isAddress = IPAddress.TryParse(text, out IPAddress? parsed)
            && !text.StartsWith('[')
            && (parsed.AddressFamily == AddressFamily.InterNetworkV6 || parsed.ToString() == text);
        address = isAddress ? AnswerMerge.Plain(parsed!) : IPAddress.None;
        return isAddress;
    }

    // One name that nobody can ask for does not spoil the others of its line.
    private void ReadName(ReadOnlySpan<char> name, ReadOnlySpan<char> line)
    {
        if (DnsMessageWriter.ProblemOf(name) is not NameProblem.None and NameProblem problem)
        {
            Note($"'{name}' is not a host name ({problem})", line);
            return;
        }

        ReadOnlySpan<char> plain = name.TrimEnd('.');
        ReadOnlySpan<char> key = _key.AsSpan(0, plain.ToLowerInvariant(_key));
        if (!_byName.TryGetValue(key, out string? known, out ImmutableArray<IPAddress> first))
        {
            _byName[key] = _last;
        }
        else if (!first[0].Equals(_last[0]))
        {
            AddFurther(known, first[0]);
        }
    }

    private void AddFurther(string name, IPAddress first)
    {
        if (!_several.TryGetValue(name, out List<IPAddress>? addresses))
        {
            _several.Add(name, addresses = [first]);
        }

        if (!addresses.Contains(_last[0]))
        {
            addresses.Add(_last[0]);
        }
    }

    private void Note(string problem, ReadOnlySpan<char> line) =>
        _problems.Add(new HostsProblem(_line, problem, line.Trim().ToString()));
}
