namespace DnsAwareHttp.Tests.House;

public sealed class PublicApiTests
{
    private static readonly string Approved = Path.Combine(SourceFolder.House, "PublicApi.txt");
    private static readonly string Received = Path.Combine(SourceFolder.House, "PublicApi.received.txt");

    [Fact]
    public void PublicSurface_IsTheOneThatWasApproved()
    {
        string now = PublicApi.Of(typeof(DnsAwareHandler).Assembly);
        string approved = File.Exists(Approved) ? File.ReadAllText(Approved).ReplaceLineEndings("\n") : "";
        if (now == approved)
        {
            File.Delete(Received);
            return;
        }

        File.WriteAllText(Received, now);
        Assert.Fail(
            $"""
            The public API changed:
            {Difference(approved, now)}
            Is that meant? Then copy {Received}
            over {Approved} and commit it.
            """);
    }

    [Fact]
    public void Difference_ShowsWhatWentAndWhatCameUnderItsType() =>
        Difference("class A\n    int One\n    int Two\n\nclass B\n", "class A\n    int One\n    int Three\n\nclass B\n")
            .Should().Be("- class A: int Two\n+ class A: int Three");

    private static string Difference(string approved, string now)
    {
        string[] before = [.. Members(approved)];
        string[] after = [.. Members(now)];
        return string.Join('\n', before.Except(after).Select(line => $"- {line}").Concat(after.Except(before).Select(line => $"+ {line}")));
    }

    private static IEnumerable<string> Members(string api)
    {
        string type = "";
        foreach (string line in api.Split('\n').Where(line => line.Length > 0))
        {
            if (line.StartsWith(' '))
            {
                yield return $"{type}: {line.Trim()}";
            }
            else
            {
                type = line;
                yield return line;
            }
        }
    }
}
