using System.Text.RegularExpressions;

namespace DnsAwareHttp.Tests.House;

/// <summary>Each room looks only downwards: neither a using line nor a name of a room above it stands in its files.</summary>
public sealed partial class FloorPlanTests
{
    private const string Door = "";

    // What each room may look at, besides itself. The nouns of the public API are everybody's.
    private static readonly Dictionary<string, string[]> MayLookAt = new()
    {
        ["DependencyInjection"] = [Door, "Handlers", "Resolution", "Diagnostics", "Concurrency"],
        [Door] = ["Sending", "Handlers", "Resolution", "Resolution/Sources", "Resolution/Wire", "Diagnostics", "Concurrency"],
        ["Sending"] = ["Services", "Endpoints", "Balancing", "Pools", "Handlers", "Membership", "Resolution", "Diagnostics", "Concurrency"],
        ["Services"] = ["Endpoints", "Balancing", "Pools", "Membership", "Resolution", "Diagnostics", "Concurrency"],
        ["Endpoints"] = ["Balancing", "Pools", "Health", "Membership", "Resolution", "Diagnostics", "Concurrency"],
        ["Balancing"] = ["Pools", "Health"],
        ["Pools"] = ["Handlers", "Health", "Membership", "Diagnostics", "Concurrency"],
        ["Handlers"] = [],
        ["Health"] = ["Membership", "Resolution"],
        ["Membership"] = [],
        ["Resolution"] = ["Resolution/Sources", "Diagnostics", "Concurrency"],
        ["Resolution/Sources"] = ["Resolution/Wire", "Diagnostics", "Concurrency"],
        ["Resolution/Wire"] = ["Diagnostics", "Concurrency"],
        ["Diagnostics"] = ["Concurrency"],
        ["Concurrency"] = [],
    };

    // Small nouns that every room may use: the public agreement, how work is begun without a caller's context, how families take turns.
    private static readonly string[] Vocabulary =
        ["Answer", "EmptyReason", "INameResolver", "NameResolver", "IFamilyResolver", "IQuestionResolver", "Question", "QuestionKind", "SteadyClock", "ServiceTarget", "INameChanges", "DnsAwareOptions", "DnsCacheOptions", "MembershipMode", "LoadBalancingPolicy", "DrainSignal",
         "DnsAwareSnapshot", "OriginSnapshot", "EndpointSnapshot", "AnswerSnapshot", "EndpointState", "DrainSnapshot", "DnsAwareChange", "DepartureReason", "Background", "FamilyInterleaving", "Origin", "OptionProblems"];

    [Fact]
    public void EveryRoom_IsOnThePlan() =>
        SourceTree.Files().Select(file => file.Room).Distinct().Should().BeEquivalentTo(MayLookAt.Keys);

    [Fact]
    public void NoRoom_LooksUpwards()
    {
        (string Room, string File, string Text)[] files = [.. SourceTree.Files()];
        Dictionary<string, string[]> declared = files.GroupBy(file => file.Room).ToDictionary(
            room => room.Key, room => room.SelectMany(file => Declaration().Matches(file.Text).Select(match => match.Groups[1].Value)).Except(Vocabulary).Distinct().ToArray());
        List<string> upward = [];
        foreach ((string room, string file, string text) in files)
        {
            string code = Comment().Replace(text, "");
            foreach (string other in MayLookAt.Keys.Where(other => other != room && !MayLookAt[room].Contains(other) && other != Door))
            {
                upward.AddRange(declared[other].Where(type => Regex.IsMatch(code, $@"(?<![\w.""]){type}\b")).Select(type => $"{file} names {type} of {other}"));
            }
        }

        upward.Should().BeEmpty();
    }

    [Fact]
    public void NoRoom_UsesANamespaceAboveIt()
    {
        List<string> upward = [];
        foreach ((string room, string file, string text) in SourceTree.Files())
        {
            foreach (Match line in UsingLine().Matches(text))
            {
                string other = line.Groups[1].Value.Replace('.', '/');
                if (other != room && !MayLookAt[room].Contains(other) && room != "DependencyInjection")
                {
                    upward.Add($"{file} uses {other}");
                }
            }
        }

        upward.Should().BeEmpty();
    }

    [Fact]
    public void Membership_IsPure()
    {
        IEnumerable<string> impure = SourceTree.Files().Where(file => file.Room == "Membership" && Regex.IsMatch(file.Text, @"TimeProvider|Random\.|Socket|File\.|ILogger"))
            .Select(file => file.File);

        impure.Should().BeEmpty();
    }

    [GeneratedRegex(@"^(?:public|internal) [\w ]*?(?:class|record struct|record|struct|interface|enum) (\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^using DnsAwareHttp\.([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"//[^\n]*")]
    private static partial Regex Comment();
}
