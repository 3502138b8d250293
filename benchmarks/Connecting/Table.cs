using System.Globalization;

namespace Connecting;

/// <summary>A Markdown table, printed row by row as the figures come in.</summary>
internal sealed class Table
{
    private readonly int _columns;

    /// <summary>Prints the head. A column whose name begins with a space is aligned to the left.</summary>
    public Table(string title, params string[] columns)
    {
        _columns = columns.Length;
        Console.WriteLine();
        Console.WriteLine(title);
        Console.WriteLine();
        Print(columns.Select(column => column.Trim()));
        Console.WriteLine($"|{string.Join('|', columns.Select(column => column.StartsWith(' ') ? "---" : "--:"))}|");
    }

    public static string Milliseconds(TimeSpan time) => time.TotalMilliseconds < 100
        ? time.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture)
        : time.TotalMilliseconds.ToString("#,0", CultureInfo.InvariantCulture);

    public static string Seconds(TimeSpan? time) => time is TimeSpan known ? known.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) : "never";

    public void Row(params string[] cells)
    {
        if (cells.Length != _columns)
        {
            throw new ArgumentException($"{cells.Length} cells in a table of {_columns} columns.", nameof(cells));
        }

        Print(cells);
    }

    private static void Print(IEnumerable<string> cells) => Console.WriteLine($"| {string.Join(" | ", cells)} |");
}
