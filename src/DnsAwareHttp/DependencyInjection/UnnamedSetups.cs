using Microsoft.Extensions.Options;

namespace DnsAwareHttp.DependencyInjection;

/// <summary>Finds code of the application that sets options without the name of a client. No client has these options.</summary>
/// <remarks>
/// The container does not tell the name of most setups, for example <c>Configure&lt;TDependency&gt;</c>. Such a setup is tried: it is stray
/// if it changes options without a name, and leaves those of a named client as they are.
/// </remarks>
internal sealed class UnnamedSetups(
    IEnumerable<IConfigureOptions<DnsAwareOptions>> setups, IEnumerable<IPostConfigureOptions<DnsAwareOptions>> postSetups)
{
    private const string AnyClient = "any client";

    private readonly Lazy<bool> _exist = new(() => setups.Any(IsUnnamed) || postSetups.Any(IsUnnamed));

    public bool Exist => _exist.Value;

    private static bool IsUnnamed(IConfigureOptions<DnsAwareOptions> setup) => setup switch
    {
        ConfigureNamedOptions<DnsAwareOptions> named => named.Name == Options.DefaultName,
        IConfigureNamedOptions<DnsAwareOptions> named => ConcernsOnlyUnnamed(named.Configure),
        _ => Changes((_, options) => setup.Configure(options), Options.DefaultName),
    };

    private static bool IsUnnamed(IPostConfigureOptions<DnsAwareOptions> setup) => ConcernsOnlyUnnamed(setup.PostConfigure);

    private static bool ConcernsOnlyUnnamed(Action<string?, DnsAwareOptions> setup) =>
        Changes(setup, Options.DefaultName) && !Changes(setup, AnyClient);

    private static bool Changes(Action<string?, DnsAwareOptions> setup, string name)
    {
        DnsAwareOptions options = new();
        try
        {
            setup(name, options);
            return !options.IsSameAs(new DnsAwareOptions());
        }
        catch (Exception)
        {
            // A client that has these options meets the same exception.
            return false;
        }
    }
}
