namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>A table in Markdown whose source is aligned too: text to the left, figures to the right.</summary>
internal static class MarkdownTable
{
    /// <summary>The first columns are text, the others are figures.</summary>
    public static string Of(IReadOnlyList<string> head, IReadOnlyList<IReadOnlyList<string>> rows, int textColumns = 1)
    {
        int[] widths = [.. head.Select((title, column) => Math.Max(3, rows.Select(row => row[column].Length).Append(title.Length).Max()))];
        IEnumerable<string> rule = widths.Select((width, column) => column < textColumns ? new string('-', width) : new string('-', width - 1) + ":");
        return string.Join('\n', rows.Select(Line).Prepend($"| {string.Join(" | ", rule)} |").Prepend(Line(head)));

        string Line(IReadOnlyList<string> cells) =>
            $"| {string.Join(" | ", cells.Select((cell, column) => column < textColumns ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column])))} |";
    }
}
