using System.Collections.Concurrent;
using System.Net;
using DnsAwareHttp;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace NamespaceProbe;

/// <summary>A server on several addresses and a client that asks it without pause, in one network.</summary>
internal static class ProbedLoad
{
    private const string Host = "svc.test";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(3);

    /// <summary>For each line of input sends requests for a while, and writes what became of those that started then: failures, and who answered.</summary>
    public static async Task RunAsync(HttpProtocols protocols, string[] addresses)
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(protocols, tls: false, null, addresses);
        ScriptedResolver dns = new();
        dns.Says(Host, 60, addresses);
        await using DnsCache cache = new(resolver: dns);

        // RoundRobin goes to an address whatever it does with requests. LeastRequests would seldom go where many wait, and hide that.
        using HttpClient client = new(new DnsAwareHandler(new SocketsHttpHandler(), new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin }, cache))
        {
            BaseAddress = new Uri($"http://{Host}:{server.Port}"),
            DefaultRequestVersion = protocols is HttpProtocols.Http1 ? HttpVersion.Version11 : HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Patience,
        };
        ConcurrentQueue<Task<string>> started = [];
        using CancellationTokenSource stop = new();
        Task load = LoadAsync(client, started, stop.Token);
        Console.WriteLine("loading");
        while (await Console.In.ReadLineAsync() is not null)
        {
            started.Clear();
            await Task.Delay(Window);
            string[] outcomes = await Task.WhenAll(started.ToArray());
            string[] failures = [.. outcomes.Except(addresses)];
            Console.WriteLine($"failures: {string.Join(", ", failures)}; answers: {string.Join(", ", addresses.Intersect(outcomes).Order())}");
        }

        await stop.CancelAsync();
        await load;
    }

    private static async Task LoadAsync(HttpClient client, ConcurrentQueue<Task<string>> started, CancellationToken stop)
    {
        using PeriodicTimer tick = new(Pause);
        while (!stop.IsCancellationRequested && await tick.WaitForNextTickAsync(CancellationToken.None))
        {
            started.Enqueue(AskAsync(client));
        }
    }

    private static async Task<string> AskAsync(HttpClient client)
    {
        try
        {
            return await client.GetStringAsync("/whoami");
        }
        catch (Exception failure)
        {
            return $"{failure.GetType().Name}: {failure.Message}";
        }
    }
}
