using System.Net;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>Source addresses as a test says them; what it does not say has no route. Counts the questions.</summary>
internal sealed class ScriptedSources : ISourceAddresses
{
    private readonly Dictionary<IPAddress, IPAddress?> _sources = [];

    public Dictionary<IPAddress, int> Asked { get; } = [];

    /// <summary>Asked for a destination of which the test said nothing.</summary>
    public Func<IPAddress, IPAddress?> Otherwise { get; set; } = static _ => null;

    public ScriptedSources From(string source, params string[] destinations)
    {
        foreach (string destination in destinations)
        {
            _sources[IPAddress.Parse(destination)] = IPAddress.Parse(source);
        }

        return this;
    }

    public IPAddress? For(IPAddress destination)
    {
        Asked[destination] = Asked.GetValueOrDefault(destination) + 1;
        return _sources.TryGetValue(destination, out IPAddress? source) ? source : Otherwise(destination);
    }
}
