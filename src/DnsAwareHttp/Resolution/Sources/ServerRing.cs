using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The order in which the servers are asked: beginning with the one that answered last, or with each in turn.</summary>
internal sealed class ServerRing
{
    private volatile IPEndPoint? _lastGood;
    private uint _turn = uint.MaxValue;

    public IEnumerable<IPEndPoint> Order(ImmutableArray<IPEndPoint> servers, bool rotate)
    {
        int first = rotate ? (int)(Interlocked.Increment(ref _turn) % (uint)servers.Length) : Math.Max(0, IndexOfLastGood(servers));
        return Enumerable.Range(0, servers.Length).Select(step => servers[(first + step) % servers.Length]);
    }

    public void Answered(IPEndPoint server) => _lastGood = server;

    private int IndexOfLastGood(ImmutableArray<IPEndPoint> servers) => _lastGood is IPEndPoint server ? servers.IndexOf(server) : 0;
}
