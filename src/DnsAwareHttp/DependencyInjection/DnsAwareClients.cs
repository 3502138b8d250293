namespace DnsAwareHttp.DependencyInjection;

/// <summary>Knows which clients of the factory follow DNS.</summary>
/// <remarks>
/// The last word about a client counts. A word about one client goes before the words about all, in whichever order they were said.
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

    /// <summary>Whether the client itself was told to follow DNS, not only all clients.</summary>
    public bool FollowsDnsByName(string name) => _named.TryGetValue(name, out bool follows) && follows;

    /// <summary>Whether the client itself was mentioned, not only all clients.</summary>
    public bool IsMentioned(string name) => _named.ContainsKey(name);

    /// <summary>The client as messages name it.</summary>
    public string Describe(string? name) =>
        string.IsNullOrEmpty(name) && _all && !IsMentioned("") ? "All HTTP clients" : $"HTTP client \"{name}\"";
}
