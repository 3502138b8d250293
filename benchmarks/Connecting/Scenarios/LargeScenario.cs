using System.Diagnostics;
using System.Globalization;
using Connecting.Clients;
using Connecting.Load;

namespace Connecting.Scenarios;

/// <summary>A name has a thousand addresses, a hundred of which refuse.</summary>
internal sealed class LargeScenario : IScenario
{
    private const int Count = 1000;
    private const int Workers = 32;
    private const int RefusesEach = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(20);

    public string Name => "large";

    public string Summary => $"{Count:N0} addresses, each tenth of which refuses";

    public async Task RunAsync(int seconds)
    {
        Table table = new(
            $"**large**: {Summary}. {Workers} workers for {seconds} s, as fast as they can, after {WarmUp.TotalSeconds} s of the same. HTTP/1.1; "
            + "bare sends everything to the first address that answers. Cold start in ms.",
            " client", "cold start", "all tried after, s", "requests/s", "failed", "endpoints ready", "with requests", "requests each: min", "p10", "p50", "p90", "max", "max/mean");
        string[] all = [.. Enumerable.Range(0, Count).Select(i => $"127.1.{i / 200}.{1 + (i % 200)}")];
        Protocol protocol = Protocol.All[0];
        await using LoopbackServer server = await LoopbackServer.StartAsync(protocol.Served, protocol.Tls, null, [.. all.Where((_, i) => i % RefusesEach != 0)]);
        Service service = new(protocol, server.Port, Patience);
        foreach (LoadBalancingPolicy policy in Enum.GetValues<LoadBalancingPolicy>())
        {
            await MeasureAsync(table, $"ours, {policy}", seconds, Contender.Ours(service, all, new DnsAwareOptions { LoadBalancing = policy, MaxEndpointsPerOrigin = Count }));
        }

        await MeasureAsync(table, "bare", seconds, Contender.Bare(service, all));
    }

    private static async Task MeasureAsync(Table table, string name, int seconds, Contender contender)
    {
        using Contender client = contender;
        Sample cold = await SteadyLoad.AskAsync(client.AskAsync);
        Task<Samples> warmUp = BusyLoad.RunAsync(client, Workers, WarmUp);
        TimeSpan? allTried = await WhenAllTriedAsync(client, warmUp);
        Samples samples = await BusyLoad.RunAsync(client, Workers, TimeSpan.FromSeconds(seconds));

        int ready = client.Endpoints.Count(endpoint => endpoint.State is EndpointState.Ready);
        int[] answers = [.. samples.All.Where(sample => !sample.HasFailed).CountBy(sample => sample.Address!).Select(pair => pair.Value)];
        int[] each = [.. answers.Concat(Enumerable.Repeat(0, Math.Max(0, ready - answers.Length))).Order()];
        table.Row(
            name, cold.HasFailed ? cold.Failure! : Table.Milliseconds(cold.Duration), Table.Seconds(allTried), $"{samples.All.Count / seconds:N0}", $"{samples.Failed:N0}",
            ready == 0 ? "" : $"{ready:N0}", $"{answers.Length:N0}", $"{each[0]:N0}", $"{At(0.1):N0}", $"{At(0.5):N0}", $"{At(0.9):N0}", $"{each[^1]:N0}",
            (each[^1] / each.Average()).ToString("0.00", CultureInfo.InvariantCulture));

        int At(double share) => each[(int)Math.Ceiling(share * each.Length) - 1];
    }

    /// <summary>How long it takes until it is known of each endpoint whether it can be connected to; null if that is not so when the load ends.</summary>
    private static async Task<TimeSpan?> WhenAllTriedAsync(Contender client, Task load)
    {
        long started = Stopwatch.GetTimestamp();
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(100));
        TimeSpan? allTried = null;
        while (allTried is null && !load.IsCompleted)
        {
            await tick.WaitForNextTickAsync();
            allTried = client.Endpoints.Count(endpoint => endpoint.State is EndpointState.Ready or EndpointState.Failing) == Count ? Stopwatch.GetElapsedTime(started) : null;
        }

        await load;
        return allTried;
    }
}
