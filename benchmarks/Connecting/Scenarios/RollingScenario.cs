using System.Net;
using Connecting.Clients;
using Connecting.Load;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Connecting.Scenarios;

/// <summary>Ten addresses are replaced one after the other, with DNS a second ahead of the servers.</summary>
internal sealed class RollingScenario : IScenario
{
    private const int PerSecond = 1000;
    private const int Count = 10;
    private const int Ttl = 1;
    private const string Path = "/work";
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Around = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BareLifetime = TimeSpan.FromSeconds(2);

    public string Name => "rolling";

    public string Summary => $"{Count} addresses are replaced one after the other; each new one is in DNS 1 s before it listens, each old one out of DNS 1 s before its connections are cut";

    public async Task RunAsync(int seconds)
    {
        Table table = new(
            $"**rolling**: {Summary}. {PerSecond:N0} requests/s, each answered after {Work.TotalMilliseconds} ms; TTL {Ttl} s. Bare asks anew for each connection, gets the addresses rotated by one each time, "
            + $"and has a PooledConnectionLifetime of {BareLifetime.TotalSeconds} s. All times in ms.",
            " client", " protocol", "requests", "failed", "p50", "p99", "p99.9", "max", "> 250 ms", " failures");
        foreach (Protocol protocol in Protocol.All)
        {
            await MeasureAsync(table, "ours", protocol, (service, dns) => Contender.Ours(service, dns.Resolver));
            await MeasureAsync(table, "bare", protocol, (service, dns) => Contender.Bare(service, dns.Rotated, BareLifetime));
        }
    }

    private static async Task MeasureAsync(Table table, string name, Protocol protocol, Func<Service, ServiceRecord, Contender> make)
    {
        int port = LoopbackServer.FreePort();
        string[] old = [.. Enumerable.Range(1, Count).Select(i => $"127.0.63.{i}")];
        Dictionary<string, LoopbackServer> servers = [];
        foreach (string address in old)
        {
            servers[address] = await LoopbackServer.StartAsync(protocol.Served, protocol.Tls, Map, port, address);
        }

        ServiceRecord record = new(Ttl, old);
        using Contender client = make(new Service(protocol, port, Patience) { Path = Path }, record);
        await SteadyLoad.RunAsync(client.AskAsync, PerSecond, Around);
        Task<Samples> load = SteadyLoad.RunAsync(client.AskAsync, PerSecond, Around + (Count * 2 * Ahead) + Around);
        await Task.Delay(Around);
        foreach (string address in old)
        {
            string next = address.Replace("63.", "64.", StringComparison.Ordinal);
            record.Add(next);
            await Task.Delay(Ahead);
            servers[next] = await LoopbackServer.StartAsync(protocol.Served, protocol.Tls, Map, port, next);
            record.Remove(address);
            await Task.Delay(Ahead);
            await servers[address].CutAsync();
        }

        Samples samples = await load;
        table.Row(
            name, protocol.Name, $"{samples.All.Count:N0}", $"{samples.Failed:N0}", Table.Milliseconds(samples.Quantile(0.5)), Table.Milliseconds(samples.Quantile(0.99)),
            Table.Milliseconds(samples.Quantile(0.999)), Table.Milliseconds(samples.Quantile(1)), $"{samples.LongerThan(TimeSpan.FromMilliseconds(250)):N0}", string.Join("; ", samples.Reasons));
        foreach (LoopbackServer server in servers.Values)
        {
            await server.DisposeAsync();
        }
    }

    private static void Map(WebApplication app) => app.MapGet(Path, async (HttpContext context) =>
    {
        await Task.Delay(Work);
        return context.Connection.LocalIpAddress!.ToString();
    });

    /// <summary>What DNS says of the service at each moment.</summary>
    private sealed class ServiceRecord
    {
        private readonly int _ttl;
        private volatile string[] _addresses;
        private int _turn;

        public ServiceRecord(int ttl, string[] addresses)
        {
            _ttl = ttl;
            _addresses = addresses;
            Say(addresses);
        }

        public ScriptedResolver Resolver { get; } = new();

        /// <summary>The addresses, each time another one first, as a name server tells them.</summary>
        public IPAddress[] Rotated()
        {
            string[] addresses = _addresses;
            int first = (int)((uint)Interlocked.Increment(ref _turn) % addresses.Length);
            return [.. addresses[first..].Concat(addresses[..first]).Select(IPAddress.Parse)];
        }

        public void Add(string address) => Say([.. _addresses, address]);

        public void Remove(string address) => Say([.. _addresses.Where(other => other != address)]);

        private void Say(string[] addresses)
        {
            _addresses = addresses;
            Resolver.Says(Contender.Host, _ttl, addresses);
        }
    }
}
