using DnsAwareHttp.Resolution.Wire;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp;

/// <summary>Checks a <see cref="DnsCacheOptions"/> and reports all mistakes together, each with the value found and the remedy.</summary>
internal static class DnsCacheOptionsValidator
{
    private static readonly TimeSpan LongestTtl = TimeSpan.FromDays(7);

    /// <exception cref="OptionsValidationException">One or more values are out of their ranges.</exception>
    public static void ThrowIfInvalid(DnsCacheOptions options) => ProblemsOf(options).ThrowIfAny(typeof(DnsCacheOptions));

    /// <summary>All mistakes in the options.</summary>
    public static OptionProblems ProblemsOf(DnsCacheOptions options)
    {
        OptionProblems problems = new();
        ValidateTtls(options, problems);
        problems.Between(nameof(options.MaxStale), options.MaxStale, TimeSpan.Zero, LongestTtl);
        problems.Between(nameof(options.StaleAnswerTimeout), options.StaleAnswerTimeout, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        problems.PositiveUpTo(nameof(options.SystemResolverTtl), options.SystemResolverTtl, TimeSpan.FromDays(1));
        problems.Between(nameof(options.MaxEntries), options.MaxEntries, 1, 1_000_000);
        if (options.QueryTimeout is TimeSpan timeout)
        {
            problems.Between(nameof(options.QueryTimeout), timeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(30));
        }

        if (options.Attempts is int attempts)
        {
            problems.Between(nameof(options.Attempts), attempts, 1, 10);
        }

        ValidateNameServers(options, problems);
        ValidateNameSources(options, problems);
        ValidatePath(nameof(options.NsswitchPath), options.NsswitchPath, problems);
        ValidatePath(nameof(options.HostsFilePath), options.HostsFilePath, problems);
        ValidatePath(nameof(options.ResolvConfPath), options.ResolvConfPath, problems);
        return problems;
    }

    private static void ValidateTtls(DnsCacheOptions options, OptionProblems problems)
    {
        problems.Between(nameof(options.MinTtl), options.MinTtl, TimeSpan.FromMilliseconds(100), LongestTtl);
        problems.PositiveUpTo(nameof(options.MaxTtl), options.MaxTtl, LongestTtl);
        problems.PositiveUpTo(nameof(options.MaxNegativeTtl), options.MaxNegativeTtl, TimeSpan.FromHours(3));
        if (options.MinTtl > options.MaxTtl)
        {
            problems.Add(
                $"{nameof(options.MinTtl)} is {options.MinTtl:c}, above {nameof(options.MaxTtl)}, which is {options.MaxTtl:c}; "
                + "lower the one or raise the other.");
        }

        if (options.MinTtl > options.MaxNegativeTtl)
        {
            problems.Add(
                $"{nameof(options.MinTtl)} is {options.MinTtl:c}, above {nameof(options.MaxNegativeTtl)}, "
                + $"which is {options.MaxNegativeTtl:c}; lower the one or raise the other.");
        }
    }

    private static void ValidateNameServers(DnsCacheOptions options, OptionProblems problems)
    {
        if (options.NameServers is null)
        {
            problems.Add($"{nameof(options.NameServers)} is null; leave it empty for the system's name servers.");
            return;
        }

        NameServer?[] servers = [.. options.NameServers.Select(Parse)];
        for (int i = 0; i < servers.Length; i++)
        {
            if (servers[i] is null)
            {
                problems.Add(
                    $"{nameof(options.NameServers)}[{i}] is \"{options.NameServers[i]}\"; "
                    + "give an address such as 10.0.0.2, 127.0.0.1:5353, [::1]:53 or tls://9.9.9.9#dns.quad9.net, not a name.");
            }
        }

        if (servers.FirstOrDefault(static server => server is { IsTls: true }) is NameServer safe
            && servers.FirstOrDefault(static server => server is { IsTls: false }) is NameServer clear)
        {
            problems.Add(
                $"{nameof(options.NameServers)} has both {safe} and {clear}; when the one fails, its questions would go to the other in "
                + "clear. Give only servers with tls:// or only others.");
        }
    }

    private static NameServer? Parse(string? text) => NameServer.TryParse(text, out NameServer? server) ? server : null;

    private static void ValidateNameSources(DnsCacheOptions options, OptionProblems problems)
    {
        if (options.NameSources is null)
        {
            problems.Add($"{nameof(options.NameSources)} is null; leave it empty for hosts file, DNS and system.");
            return;
        }

        for (int i = 0; i < options.NameSources.Count; i++)
        {
            problems.Defined($"{nameof(options.NameSources)}[{i}]", options.NameSources[i]);
        }

        if (options.NameSources.Distinct().Count() < options.NameSources.Count)
        {
            problems.Add($"{nameof(options.NameSources)} is {string.Join(", ", options.NameSources)}; name each source at most once.");
        }
    }

    private static void ValidatePath(string option, string? path, OptionProblems problems)
    {
        if (path is not null && string.IsNullOrWhiteSpace(path))
        {
            problems.Add($"{option} is blank; give a path, or null for the system's file.");
        }
    }
}
