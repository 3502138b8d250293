using System.Net;
using Connecting.Clients;
using Connecting.Load;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Connecting.Scenarios;

/// <summary>All addresses are replaced, and the load grows to the tenfold at the same moment.</summary>
internal sealed class WarmScenario : IScenario
{
    private const int PerSecond = 150;
    private const int Burst = 10;
    private const int Addresses = 3;
    private const int Flips = 5;
    private const int First = 1000;
    private const string Path = "/work";
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Around = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BurstTime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public string Name => "warm";

    public string Summary => $"all {Addresses} addresses are replaced, and the load grows from {PerSecond} to {PerSecond * Burst:N0} requests/s at the same moment";

    public async Task RunAsync(int seconds)
    {
        Table table = new(
            $"**warm**: {Summary}; {Flips} times. Each request is answered after {Work.TotalMilliseconds} ms. Waited: requests that were not sent at once, as the runtime measures it. First: the first {First:N0} of "
            + $"each burst; warm: the last {First:N0}. Bare has a PooledConnectionLifetime of 2 s, without which it does not follow DNS. All times in ms.",
            " client", " protocol", "requests", "failed", "waited", "p99 first", "p99 warm", "ratio", "max first");
        foreach (Protocol protocol in Protocol.All)
        {
            EndpointProbe probe = new()
            {
                Path = Path,
                Version = protocol.Version,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            DnsAwareOptions Strict(EndpointProbe? of) => new() { Membership = MembershipMode.Strict, Probe = of };
            await MeasureAsync(table, "ours, probed", protocol, (service, dns) => Contender.Ours(service, dns, Strict(probe)));
            await MeasureAsync(table, "ours", protocol, (service, dns) => Contender.Ours(service, dns, Strict(null)));
            await MeasureAsync(table, "bare", protocol, (service, dns) => Contender.Bare(service, () => AddressesOf(dns), TimeSpan.FromSeconds(2)));
        }
    }

    private static async Task MeasureAsync(Table table, string name, Protocol protocol, Func<Service, ScriptedResolver, Contender> make)
    {
        string[] all = [.. Enumerable.Range(1, Addresses * (Flips + 1)).Select(i => $"127.0.66.{i}")];
        await using LoopbackServer server = await LoopbackServer.StartAsync(protocol.Served, protocol.Tls, Map, all);
        ScriptedResolver dns = new();
        dns.Says(Contender.Host, 1, all[..Addresses]);
        using QueueWaits waits = new();
        using Contender client = make(new Service(protocol, server.Port, Patience) { Path = Path }, dns);
        await client.WarmUpAsync();
        await SteadyLoad.RunAsync(AskAsync, PerSecond * Burst, Around); // The code of client and server is compiled.
        int before = waits.OfRequests;
        List<Samples> bursts = [];
        for (int flip = 1; flip <= Flips; flip++)
        {
            await SteadyLoad.RunAsync(AskAsync, PerSecond, Around);
            dns.Says(Contender.Host, 1, all[(flip * Addresses)..((flip + 1) * Addresses)]);
            bursts.Add(await SteadyLoad.RunAsync(AskAsync, PerSecond * Burst, BurstTime));
        }

        Samples first = new(bursts.SelectMany(burst => burst.All.OrderBy(sample => sample.Due).Take(First)));
        Samples warm = new(bursts.SelectMany(burst => burst.All.OrderBy(sample => sample.Due).TakeLast(First)));
        table.Row(
            name, protocol.Name, $"{bursts.Sum(burst => burst.All.Count):N0}", $"{bursts.Sum(burst => burst.Failed):N0}", $"{waits.OfRequests - before:N0}",
            Table.Milliseconds(first.Quantile(0.99)), Table.Milliseconds(warm.Quantile(0.99)),
            FormattableString.Invariant($"{first.Quantile(0.99) / warm.Quantile(0.99):0.00}"), Table.Milliseconds(first.Quantile(1)));

        Task<string> AskAsync()
        {
            QueueWaits.Mark();
            return client.AskAsync();
        }
    }

    private static void Map(WebApplication app) => app.MapGet(Path, async (HttpContext context) =>
    {
        await Task.Delay(Work);
        return context.Connection.LocalIpAddress!.ToString();
    });

    private static IPAddress[] AddressesOf(ScriptedResolver dns) =>
        dns.ResolveAsync(Contender.Host, CancellationToken.None).AsTask().GetAwaiter().GetResult() is Answer.Found found ? [.. found.Addresses] : [];
}
