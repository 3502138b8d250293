using System.Text.RegularExpressions;

namespace DnsAwareHttp.EcosystemTests.Dashboards;

/// <summary>Finds the names of metrics and of labels in an expression of PromQL.</summary>
internal static partial class PromQl
{
    private static readonly string[] Words =
        ["by", "without", "on", "ignoring", "group_left", "group_right", "bool", "and", "or", "unless", "offset"];

    /// <summary>The metrics: words that are no function, no keyword, no label and no text.</summary>
    public static IReadOnlyList<string> Metrics(string expression)
    {
        string bare = Label().Replace(Grouping().Replace(Variable().Replace(Text().Replace(expression, ""), ""), " "), " ");
        return [.. Word().Matches(bare).Select(match => match.Value).Where(word => !Words.Contains(word)).Distinct()];
    }

    /// <summary>The labels: those that select, and those that group.</summary>
    public static IReadOnlyList<string> Labels(string expression)
    {
        string bare = Text().Replace(expression, "\"\"");
        IEnumerable<string> grouping = Grouping().Matches(bare).SelectMany(match => match.Groups["labels"].Value.Split(','));
        IEnumerable<string> selecting = Selector().Matches(bare).Select(match => match.Groups["label"].Value);
        return [.. selecting.Concat(grouping).Select(label => label.Trim()).Distinct()];
    }

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Text();

    [GeneratedRegex(@"\$\w+")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\b(by|without|on|ignoring)\s*\((?<labels>[^)]*)\)")]
    private static partial Regex Grouping();

    // All that is in braces, and in brackets.
    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]")]
    private static partial Regex Label();

    [GeneratedRegex(@"(?<label>\w+)\s*(=~|!~|!=|=)")]
    private static partial Regex Selector();

    // A word before a parenthesis is a function. Numbers are no words.
    [GeneratedRegex(@"(?<![\w.])[a-zA-Z_:][\w:]*\b(?!\s*\()")]
    private static partial Regex Word();
}
