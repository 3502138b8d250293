namespace DnsAwareHttp.DependencyInjection;

/// <summary>Knows which clients of the factory follow DNS.</summary>
/// <remarks>
/// The last call for a client counts. A call for one client goes before calls for all clients, in any order.
/// </remarks>
internal sealed class DnsAwareClients
{
    private readonly Dictionary<string, bool> _named = new(StringComparer.Ordinal);
    private readonly bool _all;

    public DnsAwareClients(IEnumerable<DnsAwareClient> words)
    {
        foreach (DnsAwareClient word in words)
        {
            if (word.Name is null)
            {
                _all = word.FollowsDns;
            }
            else
            {
                _named[word.Name] = word.FollowsDns;
            }
        }
    }

    public bool FollowsDns(string name) => _named.TryGetValue(name, out bool follows) ? follows : _all;

    /// <summary>Whether a call for this client, not only one for all clients, makes it follow DNS.</summary>
    public bool FollowsDnsByName(string name) => _named.TryGetValue(name, out bool follows) && follows;

    /// <summary>Whether there is a call for this client, not only calls for all clients.</summary>
    public bool IsMentioned(string name) => _named.ContainsKey(name);

    /// <summary>The name of the client in messages.</summary>
    public string Describe(string? name) =>
        string.IsNullOrEmpty(name) && _all && !IsMentioned("") ? "All HTTP clients" : $"HTTP client \"{name}\"";
}
