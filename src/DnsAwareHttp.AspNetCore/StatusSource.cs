using Microsoft.Extensions.DependencyInjection;

namespace DnsAwareHttp.AspNetCore;

/// <summary>A handler that was made by hand, and its name on the page.</summary>
/// <param name="Name">The name.</param>
/// <param name="Handler">The handler.</param>
internal sealed record NamedStatus(string Name, DnsAwareHandler Handler);

/// <summary>The snapshots of all handlers: those of the container's clients, and those that were added by hand.</summary>
internal sealed class StatusSource(IServiceProvider services)
{
    /// <summary>The snapshots by name, in ordinal order of the names.</summary>
    public IReadOnlyList<KeyValuePair<string, DnsAwareSnapshot>> Read()
    {
        SortedDictionary<string, DnsAwareSnapshot> snapshots = new(StringComparer.Ordinal);
        foreach ((string name, DnsAwareSnapshot snapshot) in services.GetService<IDnsAwareHandlers>()?.GetSnapshots() ?? Nothing)
        {
            snapshots[name] = snapshot;
        }

        foreach (NamedStatus named in services.GetServices<NamedStatus>())
        {
            snapshots[FreeName(snapshots, named.Name)] = named.Handler.GetSnapshot();
        }

        return [.. snapshots];
    }

    private static IReadOnlyDictionary<string, DnsAwareSnapshot> Nothing { get; } = new Dictionary<string, DnsAwareSnapshot>();

    // Two handlers of one name are both seen.
    private static string FreeName(SortedDictionary<string, DnsAwareSnapshot> taken, string name)
    {
        string free = name;
        for (int number = 2; taken.ContainsKey(free); number++)
        {
            free = $"{name} ({number})";
        }

        return free;
    }
}
