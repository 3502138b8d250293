using System.Net;
using Connecting.Clients;
using Connecting.Load;
using DnsAwareHttp.Tests.Fakes;

namespace Connecting.Scenarios;

/// <summary>A name has an IPv6 and an IPv4 address, and one of them swallows connections.</summary>
internal sealed class FamiliesScenario : IScenario
{
    private const int PerSecond = 500;
    private const int ColdStartsOfOurs = 20;
    private const int ColdStartsOfBare = 2;
    private const string WellV4 = "127.0.62.1";
    private const string AloneV4 = "127.0.62.2";
    private const string HoleV4 = "127.0.62.3";
    private static readonly string V6 = IPAddress.IPv6Loopback.ToString();
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Target = TimeSpan.FromMilliseconds(300);

    public string Name => "families";

    public string Summary => "an IPv6 and an IPv4 address, of which the first swallows connects; beside the same client with two that are well";

    public async Task RunAsync(int seconds)
    {
        Table table = new(
            $"**families**: {Summary}. {PerSecond} requests/s for {seconds} s to each at the same time; request timeout {Patience.TotalSeconds} s. "
            + $"Cold start: {ColdStartsOfOurs} new clients, {ColdStartsOfBare} bare ones. All times in ms.",
            " swallows", " client", " protocol", "cold p50", "cold max", "cold > 300 ms", "requests", "failed", "p50", "p99", "p99.9", "2 well: failed", "p50", "p99", "p99.9");
        foreach (Protocol protocol in Protocol.All)
        {
            await using LoopbackServer both = await LoopbackServer.StartAsync(protocol.Served, protocol.Tls, null, V6, WellV4);
            await MeasureAsync(table, seconds, protocol, both, V6, AloneV4);
            await MeasureAsync(table, seconds, protocol, both, HoleV4, V6);
        }
    }

    private static async Task MeasureAsync(Table table, int seconds, Protocol protocol, LoopbackServer both, string swallows, string isWell)
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(protocol.Served, protocol.Tls, null, isWell);
        using BlackHole hole = new(swallows, server.Port);
        string family = swallows == V6 ? "IPv6" : "IPv4";
        await MeasureAsync("ours, LeastRequests", ColdStartsOfOurs, (service, addresses) => Contender.Ours(service, addresses));
        await MeasureAsync(
            "ours, PickFirst", ColdStartsOfOurs,
            (service, addresses) => Contender.Ours(service, addresses, new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.PickFirst }));
        await MeasureAsync("bare", ColdStartsOfBare, Contender.Bare);

        async Task MeasureAsync(string name, int coldStarts, Func<Service, string[], Contender> make)
        {
            Service service = new(protocol, server.Port, Patience);
            Samples cold = await ColdStarts.RunAsync(() => make(service, [swallows, isWell]), coldStarts);
            using Contender unhealthy = make(service, [swallows, isWell]);
            using Contender healthy = make(new Service(protocol, both.Port, Patience), [V6, WellV4]);
            SideBySide load = await SideBySide.RunAsync(unhealthy, healthy, PerSecond, TimeSpan.FromSeconds(seconds));
            table.Row(
                family, name, protocol.Name, Table.Milliseconds(cold.Quantile(0.5)), Table.Milliseconds(cold.Quantile(1)), $"{cold.LongerThan(Target)} of {cold.All.Count}",
                $"{load.Unhealthy.All.Count:N0}", $"{load.Unhealthy.Failed:N0}",
                Table.Milliseconds(load.Unhealthy.Quantile(0.5)), Table.Milliseconds(load.Unhealthy.Quantile(0.99)), Table.Milliseconds(load.Unhealthy.Quantile(0.999)),
                $"{load.Healthy.Failed:N0}",
                Table.Milliseconds(load.Healthy.Quantile(0.5)), Table.Milliseconds(load.Healthy.Quantile(0.99)), Table.Milliseconds(load.Healthy.Quantile(0.999)));
        }
    }
}
