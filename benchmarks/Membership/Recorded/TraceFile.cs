using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>Answers as they were recorded: a line each, with its time and its addresses.</summary>
internal static class TraceFile
{
    /// <summary>Stands in the place of the addresses when there was no answer.</summary>
    public const string Lost = "failed";

    private const string IsoTime = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK";
    private const double MaxSeconds = 1e9;

    public static ImmutableArray<Step> Read(string file)
    {
        try
        {
            return Parse(File.ReadLines(file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new WrongUseException($"The file '{file}' cannot be read: {exception.Message}", exception);
        }
    }

    public static string Line(DateTimeOffset at, ImmutableArray<IPAddress> answer) => $"{Time(at)} {string.Join(' ', answer)}";

    public static string LostLine(DateTimeOffset at, string reason) => $"{Time(at)} {Lost} # {reason.ReplaceLineEndings(" ")}";

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static ImmutableArray<Step> Parse(IEnumerable<string> lines)
    {
        ImmutableArray<Step>.Builder steps = ImmutableArray.CreateBuilder<Step>();
        bool? inSeconds = null;
        foreach ((int index, string line) in lines.Index())
        {
            string[] words = line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
            {
                continue;
            }

            (DateTimeOffset at, bool seconds) = ParseTime(words[0], index + 1);
            if (seconds != (inSeconds ??= seconds))
            {
                throw Mistake(index + 1, "times are either all seconds or all ISO 8601");
            }

            if (steps.Count > 0 && at < steps[^1].At)
            {
                throw Mistake(index + 1, $"'{words[0]}' is earlier than the answer before");
            }

            steps.Add(new Step(at, ParseAnswer(words[1..], index + 1), [], []));
        }

        return steps.Any(step => !step.IsLost) ? steps.ToImmutable() : throw new WrongUseException("The trace has no answer in it.");
    }

    private static (DateTimeOffset At, bool InSeconds) ParseTime(string text, int line)
    {
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds <= MaxSeconds)
        {
            return (TraceBuilder.Start.AddSeconds(seconds), true);
        }

        return DateTimeOffset.TryParseExact(text, IsoTime, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at)
            ? (at, false)
            : throw Mistake(line, $"'{text}' is no time: seconds such as 12.5, or 2030-01-31T12:00:00Z");
    }

    private static ImmutableArray<IPAddress> ParseAnswer(string[] words, int line) => words switch
    {
        [] => throw Mistake(line, $"there is no address after the time; a lost answer is '{Lost}'"),
        [Lost] => [],
        _ => [.. words.Select(word => ParseAddress(word, line)).Distinct()],
    };

    private static IPAddress ParseAddress(string text, int line)
    {
        // '7' would be the address 0.0.0.7 to the runtime.
        bool isWhole = text.Contains(':') || text.Count(character => character == '.') == 3;
        return isWhole && IPAddress.TryParse(text, out IPAddress? address)
            ? address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address
            : throw Mistake(line, $"'{text}' is no address");
    }

    private static WrongUseException Mistake(int line, string what) => new($"Line {line} of the trace: {what}.");
}
