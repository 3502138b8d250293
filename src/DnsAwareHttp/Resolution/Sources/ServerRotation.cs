using System.Collections.Immutable;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The order in which the servers are asked: the server that answered last is the first, or the servers take turns.</summary>
internal sealed class ServerRotation
{
    private volatile NameServer? _lastGood;
    private uint _turn = uint.MaxValue;

    public ImmutableArray<NameServer> Order(ImmutableArray<NameServer> servers, bool rotate)
    {
        int first = rotate ? (int)(Interlocked.Increment(ref _turn) % (uint)servers.Length) : Math.Max(0, IndexOfLastGood(servers));
        return first == 0 ? servers : [.. servers.AsSpan()[first..], .. servers.AsSpan()[..first]];
    }

    public void OnAnswer(NameServer server) => _lastGood = server;

    private int IndexOfLastGood(ImmutableArray<NameServer> servers) => _lastGood is NameServer server ? servers.IndexOf(server) : 0;
}
