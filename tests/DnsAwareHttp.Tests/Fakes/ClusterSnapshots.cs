using DnsAwareHttp.Sending;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>What a cluster offers now. What it gave up is not told.</summary>
internal static class ClusterSnapshots
{
    public static OriginSnapshot Snapshot(this OriginCluster cluster) => cluster.View().Snapshot([]);
}
