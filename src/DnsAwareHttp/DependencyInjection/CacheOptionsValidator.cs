using Microsoft.Extensions.Options;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>
/// Checks the options of the container's cache. Each mistake names the path in the configuration if the value may come from there.
/// </summary>
internal sealed class CacheOptionsValidator(IEnumerable<OptionsSection<DnsCacheOptions>> sections) : IValidateOptions<DnsCacheOptions>
{
    public ValidateOptionsResult Validate(string? name, DnsCacheOptions options)
    {
        string[] problems = [.. DnsCacheOptionsValidator.ProblemsOf(options).Lines.Select(InContext)];
        return problems.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private string InContext(string line)
    {
        string option = OptionProblems.OptionOf(line);
        string? path = sections.Reverse().Select(section => section.FindPath(option)).FirstOrDefault(path => path is not null);
        return path is null ? $"{nameof(DnsCacheOptions)}.{line}" : $"{nameof(DnsCacheOptions)}, {path}{line[option.Length..]}";
    }
}
