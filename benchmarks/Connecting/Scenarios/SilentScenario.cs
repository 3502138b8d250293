using System.Diagnostics;
using Connecting.Clients;
using Connecting.Load;

namespace Connecting.Scenarios;

/// <summary>One of four addresses goes silent while its connections are open, and speaks again later. Needs root, for a network of its own.</summary>
internal sealed class SilentScenario : IScenario
{
    private const int PerSecond = 500;
    private static readonly string[] Addresses = ["10.98.0.1", "10.98.0.2", "10.98.0.3", "10.98.0.4"];
    private static readonly string Silent = Addresses[0];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan DropAt = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RestoreAt = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan End = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan VerySlow = TimeSpan.FromSeconds(1);

    public string Name => "silent";

    public string Summary => "4 addresses are well; packets to and from the first are lost for 15 s";

    public async Task RunAsync(int seconds)
    {
        if (!PrivateNetwork.IsInside)
        {
            await PrivateNetwork.RunInsideAsync(Name, Addresses);
            return;
        }

        Table table = new(
            $"**silent**: {Summary}. {PerSecond} requests/s for {End.TotalSeconds} s, request timeout {Patience.TotalSeconds} s; "
            + $"drop at {DropAt.TotalSeconds} s, end of the drop at {RestoreAt.TotalSeconds} s. Bare sends everything to the first address.",
            " client", " protocol", "requests", "under way at the drop", "failed", "> 250 ms", "> 1 s",
            "last start of one that failed or took > 1 s, s after the drop", "first answer of the address again, s after the end of the drop", " failures");
        foreach (Protocol protocol in Protocol.All)
        {
            await using LoopbackServer server = await LoopbackServer.StartAsync(protocol.Served, protocol.Tls, null, Addresses);
            Service service = new(protocol, server.Port, Patience);
            foreach (LoadBalancingPolicy policy in (LoadBalancingPolicy[])[LoadBalancingPolicy.LeastRequests, LoadBalancingPolicy.RoundRobin])
            {
                await MeasureAsync(table, $"ours, {policy}", service, Contender.Ours(service, Addresses, new DnsAwareOptions { LoadBalancing = policy }));
            }

            await MeasureAsync(table, "bare", service, Contender.Bare(service, Addresses));
        }
    }

    private static async Task MeasureAsync(Table table, string name, Service service, Contender contender)
    {
        using Contender client = contender;
        await SteadyLoad.RunAsync(client.AskAsync, PerSecond, WarmUp);

        Task<Samples> load = SteadyLoad.RunAsync(client.AskAsync, PerSecond, End);
        await Task.Delay(DropAt);
        await ChildProcess.RunAsync("nft", ["-f", "-"], PacketDrop.Of(Silent));
        long dropped = Stopwatch.GetTimestamp();
        await Task.Delay(RestoreAt - DropAt);
        await ChildProcess.RunAsync("nft", ["-f", "-"], PacketDrop.End);
        long restored = Stopwatch.GetTimestamp();
        Samples samples = await load;

        TimeSpan? lastAffected = samples.All.Where(sample => sample.Due > dropped && (sample.HasFailed || sample.Duration > VerySlow))
            .Select(sample => (TimeSpan?)Stopwatch.GetElapsedTime(dropped, sample.Due)).Max();
        TimeSpan? again = samples.All.Where(sample => sample.Due > restored && sample.Address == Silent)
            .Select(sample => (TimeSpan?)Stopwatch.GetElapsedTime(restored, sample.Ended)).Min();
        table.Row(
            name, service.Protocol.Name, $"{samples.All.Count:N0}", $"{samples.All.Count(sample => sample.Due <= dropped && sample.Ended > dropped):N0}",
            $"{samples.Failed:N0}", $"{samples.LongerThan(Slow):N0}", $"{samples.LongerThan(VerySlow):N0}",
            lastAffected is null ? "none" : Table.Seconds(lastAffected), Table.Seconds(again), string.Join("; ", samples.Reasons));
    }
}
