using Microsoft.Extensions.Options;

namespace DnsAwareHttp;

/// <summary>Collects the mistakes in an options object, so that all are reported together.</summary>
/// <remarks>Each is one line that begins with the name of the option: "MaxTtl is 00:00:00; give …".</remarks>
internal sealed class OptionProblems
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    /// <summary>The option that a line begins with.</summary>
    public static string OptionOf(string line)
    {
        int end = line.AsSpan().IndexOfAny(' ', '[', '.');
        return end < 0 ? line : line[..end];
    }

    /// <exception cref="OptionsValidationException">There are mistakes. Each begins with the name of the options type.</exception>
    public void ThrowIfAny(Type optionsType)
    {
        if (_lines.Count > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, optionsType, _lines.Select(line => $"{optionsType.Name}.{line}"));
        }
    }

    public void Add(string line) => _lines.Add(line);

    public void Between(string option, TimeSpan value, TimeSpan min, TimeSpan max)
    {
        if (value < min || value > max)
        {
            Add($"{option} is {Text(value)}; give a time from {Text(min)} to {Text(max)}.");
        }
    }

    public void Between(string option, int value, int min, int max)
    {
        if (value < min || value > max)
        {
            Add($"{option} is {value}; give a number from {min} to {max}.");
        }
    }

    public void PositiveUpTo(string option, TimeSpan value, TimeSpan max)
    {
        if (value <= TimeSpan.Zero || value > max)
        {
            Add($"{option} is {Text(value)}; give a time above 0, up to {Text(max)}.");
        }
    }

    public void PositiveOrInfinite(string option, TimeSpan value, TimeSpan max)
    {
        if (value != Timeout.InfiniteTimeSpan && (value <= TimeSpan.Zero || value > max))
        {
            Add($"{option} is {Text(value)}; give a time above 0, up to {Text(max)}, or Timeout.InfiniteTimeSpan.");
        }
    }

    public void Defined<T>(string option, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            Add($"{option} is {value}; give one of {string.Join(", ", Enum.GetNames<T>())}.");
        }
    }

    private static string Text(TimeSpan value) => value.ToString("c", null);
}
