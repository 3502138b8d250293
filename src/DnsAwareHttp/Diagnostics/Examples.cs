using System.Globalization;

namespace DnsAwareHttp.Diagnostics;

/// <summary>A list in a log line or in the message of an exception: the first few, and how many more there are.</summary>
/// <remarks>A DNS server chooses how many addresses a name has. The length of a text must not depend on it.</remarks>
internal static class Examples
{
    private const int Max = 3;

    /// <summary>The list as text, such as <c>10.0.0.1, 10.0.0.2, 10.0.0.3 and 3,997 more</c>.</summary>
    /// <param name="all">The list.</param>
    /// <param name="max">How many are shown.</param>
    /// <param name="separator">The text between two of them.</param>
    public static string Of<T>(IReadOnlyCollection<T> all, int max = Max, string separator = ", ")
    {
        string shown = string.Join(separator, all.Take(max));
        return all.Count <= max ? shown : string.Create(CultureInfo.InvariantCulture, $"{shown} and {all.Count - max:N0} more");
    }
}
