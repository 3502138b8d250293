using System.Buffers.Binary;
using System.Globalization;
using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.House;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>A message that comes to one question, stored in the folder <c>Corpus</c>.</summary>
internal sealed record CapturedAnswer(string Server, DnsQuery Query, bool ByTcp, byte[] Message)
{
    private const string Fuzzer = "fuzzer";

    /// <summary>What real name servers answered, captured by the integration tests.</summary>
    public static IReadOnlyList<CapturedAnswer> All { get; } =
        [.. Directory.GetFiles(Folder, "*.hex").Order(StringComparer.Ordinal).SelectMany(Read).Where(answer => answer.Server != Fuzzer)];

    /// <summary>Messages that a coverage-guided fuzzer found, most of them malformed. Each takes another path through the reader (docs/fuzzing.md).</summary>
    public static IReadOnlyList<CapturedAnswer> Fuzzed { get; } = [.. Read(Path.Combine(Folder, $"{Fuzzer}.hex"))];

    public ushort Id => BinaryPrimitives.ReadUInt16BigEndian(Message);

    private static string Folder => Path.Combine(SourceTree.House, "..", "Resolution", "Wire", "Corpus");

    private static IEnumerable<CapturedAnswer> Read(string path)
    {
        foreach (string line in File.ReadLines(path))
        {
            // NAME TYPE edns|plain udp|tcp HEX [LINKS LEFT]
            string[] words = line.Split(' ');
            DnsQuery query = new(words[0], Enum.Parse<DnsRecordType>(words[1], ignoreCase: true)) { Edns = words[2] == "edns" };
            query = words.Length > 5 ? query with { LinksLeft = int.Parse(words[5], CultureInfo.InvariantCulture) } : query;
            yield return new CapturedAnswer(Path.GetFileNameWithoutExtension(path), query, words[3] == "tcp", Convert.FromHexString(words[4]));
        }
    }
}
