using Microsoft.Extensions.Options;

namespace DnsAwareHttp;

/// <summary>Collects what is wrong with an options object, so that all mistakes are reported together.</summary>
internal sealed class OptionProblems
{
    private readonly List<string> _problems = [];

    public ValidateOptionsResult ToResult() => _problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(_problems);

    public void Add(string problem) => _problems.Add(problem);

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
