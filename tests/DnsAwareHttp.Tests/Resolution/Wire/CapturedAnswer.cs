using System.Buffers.Binary;
using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.House;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>What a real name server answered to one question, captured by the integration tests.</summary>
internal sealed record CapturedAnswer(string Server, DnsQuery Query, bool ByTcp, byte[] Message)
{
    public static IReadOnlyList<CapturedAnswer> All { get; } = [.. Directory.GetFiles(Folder, "*.hex").Order(StringComparer.Ordinal).SelectMany(Read)];

    public ushort Id => BinaryPrimitives.ReadUInt16BigEndian(Message);

    private static string Folder => Path.Combine(SourceTree.House, "..", "Resolution", "Wire", "Corpus");

    private static IEnumerable<CapturedAnswer> Read(string path)
    {
        foreach (string line in File.ReadLines(path))
        {
            // NAME TYPE edns|plain udp|tcp HEX
            string[] words = line.Split(' ');
            DnsQuery query = new(words[0], Enum.Parse<DnsRecordType>(words[1], ignoreCase: true)) { Edns = words[2] == "edns" };
            yield return new CapturedAnswer(Path.GetFileNameWithoutExtension(path), query, words[3] == "tcp", Convert.FromHexString(words[4]));
        }
    }
}
