using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>A section of the configuration that sets options.</summary>
/// <typeparam name="TOptions">The options.</typeparam>
/// <param name="Name">The client's name; null for all.</param>
/// <param name="Owner">Whose options they are, as messages say it.</param>
/// <param name="Section">The section. Its keys are names of options.</param>
internal sealed record OptionsSection<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TOptions>(
    string? Name, string Owner, IConfiguration Section)
{
    /// <summary>Sets the options from the section.</summary>
    /// <param name="options">The options.</param>
    /// <param name="bind">Calls the binder. A call that the source generator is to replace cannot be generic.</param>
    /// <exception cref="OptionsValidationException">The section has keys that are no options, or a value that cannot be read.</exception>
    public void Bind(TOptions options, Action<IConfiguration, TOptions> bind)
    {
        string[] problems = [.. ProblemsOfKeys()];
        if (problems.Length > 0)
        {
            throw Wrong(problems);
        }

        try
        {
            bind(Section, options);
        }
        catch (InvalidOperationException exception)
        {
            // The binder's message has path and value.
            throw Wrong([$"{Owner}: {exception.Message}"]);
        }
    }

    /// <summary>The configuration's path of an option that this section sets; null when it does not set it.</summary>
    public string? FindPath(string option) => Section.GetSection(option).Exists() ? PathOf(option) : null;

    private string PathOf(string key) => Section is IConfigurationSection section ? ConfigurationPath.Combine(section.Path, key) : key;

    private string? ProblemOf(IConfigurationSection child)
    {
        PropertyInfo[] options = typeof(TOptions).GetProperties();
        PropertyInfo? option = Array.Find(options, option => option.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
        if (option is null)
        {
            string known = string.Join(", ", options.Where(IsReadable).Select(option => option.Name).Order(StringComparer.Ordinal));
            return $"{Owner}, {child.Path}: there is no such option; give one of {known}.";
        }

        return !IsReadable(option)
            ? $"{Owner}, {child.Path}: {(option.PropertyType == typeof(AddressPriorities) ? "code" : "a delegate")} cannot come from "
                + "configuration; "
                + $"set it in code, with AddDnsAwareHandler(options => options.{option.Name} = …)."
            : option.PropertyType == typeof(SessionAffinityOptions) ? ProblemOfSessions(child) : null;
    }

    private string? ProblemOfSessions(IConfigurationSection section) => new OptionsSection<SessionAffinityOptions>(Name, Owner, section)
        .ProblemsOfKeys().FirstOrDefault();

    private IEnumerable<string> ProblemsOfKeys() => Section.GetChildren().Select(ProblemOf).OfType<string>();

    private static bool IsReadable(PropertyInfo option) =>
        !option.PropertyType.IsAssignableTo(typeof(Delegate)) && option.PropertyType != typeof(AddressPriorities);

    private OptionsValidationException Wrong(string[] problems) => new(Name ?? Options.DefaultName, typeof(TOptions), problems);
}
