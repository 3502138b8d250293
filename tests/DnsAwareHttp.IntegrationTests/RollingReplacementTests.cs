using System.Collections.Concurrent;
using System.Net;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit.Abstractions;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>Ten addresses are replaced one after the other: DNS names each new one before it listens, and an old one is cut once its clients have left.</summary>
[Collection(nameof(Alone))]
public sealed class RollingReplacementTests(ITestOutputHelper output)
{
    private const string Host = "svc.test";
    private const int Count = 10;
    private const int Workers = 6;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(HttpProtocols.Http1, false)]
    [InlineData(HttpProtocols.Http2, false)]
    [InlineData(HttpProtocols.Http1AndHttp2, true)]
    public async Task TenAddressesReplacedUnderLoad_NoRequestFails(HttpProtocols protocols, bool tls)
    {
        string[] old = [.. Enumerable.Range(1, Count).Select(i => $"127.0.66.{i}")];
        string[] next = [.. Enumerable.Range(1, Count).Select(i => $"127.0.67.{i}")];
        List<string> record = [.. old];
        int port = LoopbackServer.FreePort();
        Dictionary<string, LoopbackServer> servers = [];
        foreach (string address in old)
        {
            servers[address] = await LoopbackServer.StartAsync(protocols, tls, null, port, address);
        }

        ScriptedResolver dns = new();
        dns.Says(Host, 1, [.. record]);
        await using DnsCache cache = new(resolver: dns);
        SocketsHttpHandler wrapped = new();
        wrapped.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        using DnsAwareHandler handler = new(wrapped, new DnsAwareOptions { Membership = MembershipMode.Strict }, cache);
        using HttpClient client = new(handler)
        {
            BaseAddress = new Uri($"{(tls ? "https" : "http")}://{Host}:{port}"),
            DefaultRequestVersion = protocols is HttpProtocols.Http1 ? HttpVersion.Version11 : HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        ConcurrentBag<string> failures = [];
        int sent = 0;
        using CancellationTokenSource stop = new();
        Task[] workers = [.. Enumerable.Range(0, Workers).Select(_ => Task.Run(WorkAsync))];

        for (int i = 0; i < Count; i++)
        {
            record.Add(next[i]);
            dns.Says(Host, 1, [.. record]);
            await Task.Delay(Ahead);
            LoopbackServer starting = servers[next[i]] = await LoopbackServer.StartAsync(protocols, tls, null, port, next[i]);
            await Eventually.Holds(() => starting.RequestsTo(next[i]) > 0, $"{next[i]} serves");

            record.Remove(old[i]);
            dns.Says(Host, 1, [.. record]);
            await Task.Delay(Ahead);
            await Eventually.Holds(() => !Knows(handler, old[i]), $"{old[i]} is drained");
            await servers[old[i]].CutAsync();
        }

        await stop.CancelAsync();
        await Task.WhenAll(workers);
        output.WriteLine($"{protocols} tls={tls}: {sent} requests");
        failures.Should().BeEmpty();
        foreach (LoopbackServer server in servers.Values)
        {
            await server.DisposeAsync();
        }

        async Task WorkAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                Interlocked.Increment(ref sent);
                try
                {
                    _ = await client.GetStringAsync("/whoami", CancellationToken.None);
                }
                catch (Exception failure)
                {
                    failures.Add(failure.ToString());
                }

                await Task.Delay(Pause, CancellationToken.None);
            }
        }
    }

    private static bool Knows(DnsAwareHandler handler, string address) =>
        handler.GetSnapshot().Origins.SelectMany(origin => origin.Endpoints).Any(endpoint => endpoint.Address.Address.ToString() == address);
}
