using System.Text.RegularExpressions;

namespace DnsAwareHttp.Tests.House;

/// <summary>Each room looks only downwards. Read from the source files: what they import, and which types they mention.</summary>
public sealed partial class FloorPlanTests
{
    private const string Roof = "DnsAwareHandler";
    private const string Vocabulary = "Vocabulary";

    private static readonly string[] Everything =
        [Roof, "Origins", "Balancing", "Pools", "Membership", "Resolution", "Resolution/Sources", "Resolution/Wire", "Diagnostics", Vocabulary];

    // What each room may look at besides itself. The vocabulary is what stands in the root folder: options, enums, keys.
    private static readonly Dictionary<string, string[]> Plan = new()
    {
        ["DependencyInjection"] = Everything,
        [Roof] = Everything,
        ["Origins"] = ["Balancing", "Pools", "Membership", "Resolution", "Diagnostics", Vocabulary],
        ["Balancing"] = ["Pools", "Diagnostics", Vocabulary],
        ["Pools"] = ["Diagnostics", Vocabulary],
        ["Membership"] = [Vocabulary],
        ["Resolution"] = ["Resolution/Sources", "Resolution/Wire", "Diagnostics", Vocabulary],
        ["Resolution/Sources"] = ["Resolution/Wire", "Diagnostics", Vocabulary],
        ["Resolution/Wire"] = ["Diagnostics", Vocabulary],
        ["Diagnostics"] = [Vocabulary],
        [Vocabulary] = ["Diagnostics"],
    };

    // Contracts that a lower room fulfils for the one above it: they belong to who asks.
    private static readonly HashSet<string> Contracts = ["IFamilyResolver", "INameChanges"];

    // Each has its reason here.
    private static readonly HashSet<(string Path, string Word)> Exceptions =
    [
        // The key of a drain signal is where people look for it: on the handler.
        ("DrainSignal.cs", Roof),

        // An ObjectDisposedException names what the application disposed.
        ("Origins/OriginRegistry.cs", Roof),
    ];

    private static readonly SourceFile[] Files =
    [
        .. Directory.EnumerateFiles(SourceFolder.Library, "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(SourceFolder.Library, path).Replace('\\', '/'))
            .Where(path => !path.StartsWith("obj/", StringComparison.Ordinal) && !path.StartsWith("bin/", StringComparison.Ordinal))
            .Select(path => new SourceFile(path, RoomOf(path), WithoutCommentsAndStrings(File.ReadAllText(Path.Combine(SourceFolder.Library, path))))),
    ];

    // Public types of the root namespace are words for all, wherever their file is; the two that do something are not.
    private static readonly Dictionary<string, string> RoomOfType = Files
        .SelectMany(file => Declaration().Matches(file.Code).Select(match => (Name: match.Groups["name"].Value, IsPublic: match.Groups["public"].Success, file.Room)))
        .DistinctBy(type => (type.Name, type.Room))
        .ToDictionary(type => type.Name, type => type.IsPublic && type.Name is not "DnsAwareHandler" and not "DnsCache" ? Vocabulary : type.Room);

    [Fact]
    public void Rooms_AreThoseOfThePlan() =>
        Files.Select(file => file.Room).Distinct().Should().BeSubsetOf(Plan.Keys);

    [Fact]
    public void Files_UsingLines_LookDownwardsOnly()
    {
        List<string> upward = [];
        foreach (SourceFile file in Files)
        {
            foreach (Match match in UsingLine().Matches(file.Code))
            {
                string room = match.Groups["room"].Value.Replace('.', '/');

                // The namespace of the contracts is checked type by type below.
                bool isForContracts = room == "Resolution" && Contracts.Any(contract => Mentions(file, contract));
                if (!MayLookAt(file.Room, room) && !isForContracts)
                {
                    upward.Add($"{file.Path} imports {room}");
                }
            }
        }

        upward.Should().BeEmpty();
    }

    [Fact]
    public void Files_TypesMentioned_AreDownwardsOnly()
    {
        List<string> upward = [];
        foreach (SourceFile file in Files)
        {
            foreach (string word in Word().Matches(file.Code).Select(match => match.Value).Distinct())
            {
                if (RoomOfType.TryGetValue(word, out string? room) && !Contracts.Contains(word) && !Exceptions.Contains((file.Path, word)) && !MayLookAt(file.Room, room))
                {
                    upward.Add($"{file.Path} mentions {word} of {room}");
                }
            }
        }

        upward.Should().BeEmpty();
    }

    [Fact]
    public void Plan_OfRooms_HasNoCircle()
    {
        foreach (string room in Plan.Keys.Except(["DependencyInjection", Roof, Vocabulary, "Diagnostics"]))
        {
            Below(room, []).Should().NotContain(room);
        }

        static IEnumerable<string> Below(string room, HashSet<string> seen) =>
            Plan[room].Where(seen.Add).SelectMany(lower => Below(lower, seen).Prepend(lower)).ToArray();
    }

    private static bool MayLookAt(string from, string to) => from == to || Plan[from].Contains(to);

    private static bool Mentions(SourceFile file, string word) => Word().Matches(file.Code).Any(match => match.Value == word);

    private static string RoomOf(string path) => path switch
    {
        _ when path.LastIndexOf('/') is int end and >= 0 => path[..end],
        Roof + ".cs" => Roof,
        _ => Vocabulary,
    };

    private static string WithoutCommentsAndStrings(string code) => CommentOrString().Replace(code, "");

    [GeneratedRegex("""//[^\n]*|/\*.*?\*/|"(\\.|[^"\\\n])*"|'(\\.|[^'\\])'""", RegexOptions.Singleline)]
    private static partial Regex CommentOrString();

    // At the start of a line: nested types are their owner's own affair.
    [GeneratedRegex(@"^(?<public>public )?(internal )?((static|sealed|abstract|partial|readonly|ref|file) )*(class|record struct|record|struct|interface|enum|delegate [\w<>?]+) (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^\s*(global )?using (static )?DnsAwareHttp\.(?<room>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"\b[A-Z]\w*\b")]
    private static partial Regex Word();

    /// <summary>One file: where it is below the library's folder, its room, and its code without comments and strings.</summary>
    private sealed record SourceFile(string Path, string Room, string Code);
}
