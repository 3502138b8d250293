using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Sending;

public sealed class OriginTableTests : IDisposable
{
    private readonly EndpointBench _bench = new();
    private readonly OriginTable _table = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void EachIsFound_AndNoOther()
    {
        OriginCluster[] clusters = [.. Enumerable.Range(0, 1_000).Select(i => Cluster(OriginOf($"service-{i}.test")))];
        Array.ForEach(clusters, _table.Add);

        int found = clusters.Count(cluster => _table.Find(cluster.Origin) == cluster);
        int wrong = clusters.Count(cluster => _table.Find(cluster.Origin) is OriginCluster other && other != cluster);

        wrong.Should().Be(0);
        found.Should().BeGreaterThan(900, "few have no slot");
        _table.Find(OriginOf("service-1000.test")).Should().BeNull();
    }

    [Fact]
    public void EveryPartOfTheOriginCounts()
    {
        Origin plain = OriginOf("svc.test");
        Origin[] all =
        [
            plain, plain with { IsSecure = true }, plain with { Port = 81 }, plain with { IsAnonymous = true },
        ];
        Array.ForEach(all, origin => _table.Add(Cluster(origin)));

        foreach (Origin origin in all)
        {
            _table.Find(origin)!.Origin.Should().Be(origin);
        }

        _table.Find(plain with { Proxy = new Uri("http://svc.test") }).Should().BeNull();
    }

    [Fact]
    public void AProxyIsFoundByItsValue()
    {
        OriginCluster cluster = Cluster(OriginOf("proxy.test") with { Proxy = new Uri("http://proxy.test") });
        _table.Add(cluster);

        _table.Find(OriginOf("proxy.test") with { Proxy = new Uri("http://proxy.test") }).Should().BeSameAs(cluster);
    }

    [Fact]
    public void Removed_IsNotFound_AndItsSuccessorIs()
    {
        OriginCluster before = Cluster(OriginOf("svc.test"));
        OriginCluster after = Cluster(OriginOf("svc.test"));
        _table.Add(before);
        _table.Add(after);

        _table.Remove(before);
        _table.Find(after.Origin).Should().BeSameAs(after);
        _table.Remove(after);
        _table.Find(after.Origin).Should().BeNull();
    }

    [Fact]
    public void MoreOriginsThanSlots_ThoseInTheTableStay()
    {
        OriginCluster[] clusters = [.. Enumerable.Range(0, 20_000).Select(i => Cluster(OriginOf($"h{i}.test")))];
        Array.ForEach(clusters, _table.Add);
        OriginCluster[] held = [.. clusters.Where(cluster => _table.Find(cluster.Origin) == cluster)];

        Array.ForEach(clusters, cluster => _table.Find(cluster.Origin));

        held.Should().NotBeEmpty();
        held.Count(cluster => _table.Find(cluster.Origin) == cluster).Should().Be(held.Length);
    }

    [Fact]
    public void Cleared_NoneIsFound()
    {
        _table.Add(Cluster(OriginOf("svc.test")));

        _table.Clear();

        _table.Find(OriginOf("svc.test")).Should().BeNull();
    }

    private static Origin OriginOf(string host) => new(false, host, 80, null, false);

    private OriginCluster Cluster(Origin origin) => new(
        origin, _bench.Scope, new FakeOriginEndpoints(), sender: null!, new OriginUsage(DateTimeOffset.UnixEpoch));
}
