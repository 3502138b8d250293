using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.PublicApiTests;

/// <summary>A resolver as a user would write it over a registry that announces changes.</summary>
internal sealed class PushedResolver : NameResolver
{
    private readonly ConcurrentDictionary<string, IPAddress[]> _registry = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, int> _asked = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Runs when a name is asked for; may throw, or hold the question.</summary>
    public Func<string, Task>? OnAsked { get; set; }

    public int Questions(string name) => _asked.GetValueOrDefault(name);

    public void Set(string name, params string[] addresses) => _registry[name] = [.. addresses.Select(IPAddress.Parse)];

    public void Announce(params string[] names) => NotifyChanged(names);

    public void AnnounceOne(string name) => NotifyChanged(name);

    public void AnnounceAll() => NotifyAllChanged();

    public override async ValueTask<Answer> ResolveAsync(string host, AddressFamily addressFamily, CancellationToken cancellationToken)
    {
        _asked.AddOrUpdate(host, 1, static (_, count) => count + 1);
        await (OnAsked?.Invoke(host) ?? Task.CompletedTask);
        return _registry.TryGetValue(host, out IPAddress[]? addresses)
            ? new Answer.Found([.. addresses], TimeSpan.FromHours(1), IsComplete: true)
            : new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromMinutes(1));
    }
}
