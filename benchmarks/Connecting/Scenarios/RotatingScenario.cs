using System.Globalization;
using Connecting.Clients;
using Connecting.Load;

namespace Connecting.Scenarios;

/// <summary>All addresses are well, and each answer has some of them only.</summary>
internal sealed class RotatingScenario : IScenario
{
    private const int PerSecond = 200;
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Learning = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly (int Size, int All)[] Rotations = [(1, 4), (4, 12), (8, 100), (8, 8)];

    public string Name => "rotating";

    public string Summary => "all addresses are well, but each answer has some of them only, drawn anew";

    public async Task RunAsync(int seconds)
    {
        Table table = new(
            $"**rotating**: {Summary}. {PerSecond} requests/s, HTTP/1.1, TTL {Ttl.TotalSeconds} s; {seconds} s after {Learning.TotalSeconds} s of the same; all rows at the same time.",
            " answer", " membership", "connections opened while learning", "connections opened", "of Strict's", "requests", "failed", "p99, ms");
        Task<Outcome>[] rows = [.. Rotations.SelectMany((rotation, i) => new[] { MembershipMode.Strict, MembershipMode.Adaptive }.Select(mode => Task.Run(() => MeasureAsync(rotation, mode, i, seconds))))];
        Outcome[] outcomes = await Task.WhenAll(rows);
        foreach (Outcome outcome in outcomes)
        {
            int strict = outcomes.First(other => other.Answer == outcome.Answer).Opened;
            table.Row(
                outcome.Answer, $"{outcome.Mode}", $"{outcome.OpenedLearning:N0}", $"{outcome.Opened:N0}",
                strict == 0 ? "-" : (100.0 * outcome.Opened / strict).ToString("0.0", CultureInfo.InvariantCulture) + " %",
                $"{outcome.Samples.All.Count:N0}", $"{outcome.Samples.Failed:N0}", Table.Milliseconds(outcome.Samples.Quantile(0.99)));
        }
    }

    private static async Task<Outcome> MeasureAsync((int Size, int All) rotation, MembershipMode mode, int seed, int seconds)
    {
        Protocol protocol = Protocol.All[0];
        string[] addresses = [.. Enumerable.Range(1, rotation.All).Select(i => $"127.2.{(2 * seed) + (int)mode}.{i}")];
        await using LoopbackServer server = await LoopbackServer.StartAsync(protocol.Served, protocol.Tls, null, addresses);
        using Contender client = Contender.Ours(
            new Service(protocol, server.Port, Patience), new RotatingName(addresses, rotation.Size, seed, Ttl), new DnsAwareOptions { Membership = mode });
        await SteadyLoad.RunAsync(client.AskAsync, PerSecond, Learning);
        int before = addresses.Sum(server.ConnectionsTo);
        Samples samples = await SteadyLoad.RunAsync(client.AskAsync, PerSecond, TimeSpan.FromSeconds(seconds));
        string answer = rotation.Size == rotation.All ? $"all {rotation.All}, in changing order" : $"{rotation.Size} of {rotation.All}";
        return new Outcome(answer, mode, before, addresses.Sum(server.ConnectionsTo) - before, samples);
    }

    private sealed record Outcome(string Answer, MembershipMode Mode, int OpenedLearning, int Opened, Samples Samples);
}
