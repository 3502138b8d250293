using Connecting.Clients;
using Connecting.Load;
using DnsAwareHttp.Tests.Fakes;

namespace Connecting.Scenarios;

/// <summary>Two of four addresses are well, one refuses connections and one swallows them.</summary>
internal sealed class MixedScenario : IScenario
{
    private const int PerSecond = 500;
    private const int ColdRounds = 3;
    private const string Hole = "127.0.60.1";
    private static readonly string[] Well = ["127.0.60.3", "127.0.60.4"];
    private static readonly string[] HoleFirst = [Hole, "127.0.60.2", .. Well];
    private static readonly string[] HoleLast = [.. Well, Hole, "127.0.60.2"];
    private static readonly string[] AllWell = ["127.0.61.1", "127.0.61.2", "127.0.61.3", "127.0.61.4"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Target = TimeSpan.FromSeconds(1);

    public string Name => "mixed";

    public string Summary => "4 addresses: one swallows connects, one refuses, two are well; beside the same client with 4 that are well";

    public async Task RunAsync(int seconds)
    {
        Table table = new(
            $"**mixed**: {Summary}. {PerSecond} requests/s for {seconds} s to each at the same time; request timeout {Patience.TotalSeconds} s. "
            + $"Cold start: {ColdRounds * HoleFirst.Length} new clients, each address first in turn. All times in ms.",
            " client", " protocol", "cold p50", "cold max", "cold > 1 s", "requests", "failed", "p50", "p99", "p99.9", "4 well: failed", "p50", "p99", "p99.9", "p99.9 ratio");
        foreach (Protocol protocol in Protocol.All)
        {
            await using LoopbackServer server = await LoopbackServer.StartAsync(protocol.Served, protocol.Tls, null, Well);
            await using LoopbackServer other = await LoopbackServer.StartAsync(protocol.Served, protocol.Tls, null, AllWell);
            using BlackHole hole = new(Hole, server.Port);
            Service mixed = new(protocol, server.Port, Patience);
            Service well = new(protocol, other.Port, Patience);
            foreach (LoadBalancingPolicy policy in Enum.GetValues<LoadBalancingPolicy>())
            {
                await MeasureAsync(
                    table, $"ours, {policy}", seconds, mixed, well, HoleFirst, (service, addresses) => Contender.Ours(service, addresses, new DnsAwareOptions { LoadBalancing = policy }));
            }

            await MeasureAsync(table, "bare, the hole is first", seconds, mixed, well, HoleFirst, Contender.Bare);
            await MeasureAsync(table, "bare, the hole is third", seconds, mixed, well, HoleLast, Contender.Bare);
        }
    }

    private static async Task MeasureAsync(
        Table table, string name, int seconds, Service mixed, Service well, string[] addresses, Func<Service, string[], Contender> make)
    {
        Samples cold = await ColdStarts.RunAsync(order => make(mixed, order), addresses, ColdRounds);
        using Contender unhealthy = make(mixed, addresses);
        using Contender healthy = make(well, AllWell);
        SideBySide load = await SideBySide.RunAsync(unhealthy, healthy, PerSecond, TimeSpan.FromSeconds(seconds));
        table.Row(
            name, mixed.Protocol.Name, Table.Milliseconds(cold.Quantile(0.5)), Table.Milliseconds(cold.Quantile(1)), $"{cold.LongerThan(Target)} of {cold.All.Count}",
            $"{load.Unhealthy.All.Count:N0}", $"{load.Unhealthy.Failed:N0}",
            Table.Milliseconds(load.Unhealthy.Quantile(0.5)), Table.Milliseconds(load.Unhealthy.Quantile(0.99)), Table.Milliseconds(load.Unhealthy.Quantile(0.999)),
            $"{load.Healthy.Failed:N0}",
            Table.Milliseconds(load.Healthy.Quantile(0.5)), Table.Milliseconds(load.Healthy.Quantile(0.99)), Table.Milliseconds(load.Healthy.Quantile(0.999)),
            $"{load.Unhealthy.Quantile(0.999) / load.Healthy.Quantile(0.999):0.00}");
    }
}
