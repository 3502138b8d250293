using Microsoft.Extensions.Options;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>
/// Checks the options of a factory's client. Each mistake names the client, and the path in the configuration if the value may come from
/// there.
/// </summary>
internal sealed class ClientOptionsValidator(
    DnsAwareClients clients, IEnumerable<OptionsSection<DnsAwareOptions>> sections, IEnumerable<IConfigureOptions<DnsAwareOptions>> setups,
    UnnamedSetups unnamed)
    : IValidateOptions<DnsAwareOptions>
{
    public ValidateOptionsResult Validate(string? name, DnsAwareOptions options)
    {
        string client = name ?? Options.DefaultName;
        IReadOnlyList<string> lines = DnsAwareOptionsValidator.ProblemsOf(options).Lines;
        string[] problems = [.. lines.Select(line => InContext(client, line)), .. StrayOptions()];
        return problems.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private string InContext(string client, string line)
    {
        string option = OptionProblems.OptionOf(line);
        string? path = SectionsOf(client).Select(section => section.FindPath(option)).FirstOrDefault(path => path is not null);
        return $"{clients.Describe(client)}, {path ?? option}{line[option.Length..]}";
    }

    // The section that sets a value last comes first: sections of the client before sections of all clients, later before earlier.
    private IEnumerable<OptionsSection<DnsAwareOptions>> SectionsOf(string client) =>
        sections.Reverse().Where(section => section.Name == client).Concat(sections.Reverse().Where(section => section.Name is null));

    // Configure<DnsAwareOptions>(…) without a name, or with a wrong name, would otherwise set options that no client reads.
    private IEnumerable<string> StrayOptions()
    {
        IEnumerable<string> names = setups.OfType<ConfigureNamedOptions<DnsAwareOptions>>().Select(setup => setup.Name).OfType<string>();
        IEnumerable<string> none = unnamed.Exist ? [Options.DefaultName] : [];
        return names.Concat(none).Distinct().Where(IsStray).Select(Stray);
    }

    private static string Stray(string name) =>
        name.Length == 0
            ? "DnsAwareOptions are configured without the name of a client, so no client has them: "
                + "use Configure<DnsAwareOptions>(\"name\", …) for one client, ConfigureAll<DnsAwareOptions>(…) for all."
            : $"DnsAwareOptions are configured for an HTTP client \"{name}\", which does not follow DNS: "
                + "correct the name, or call AddDnsAwareHandler() on that client's builder.";

    private bool IsStray(string name) => !clients.IsMentioned(name) && (name.Length == 0 || !clients.FollowsDns(name));
}
