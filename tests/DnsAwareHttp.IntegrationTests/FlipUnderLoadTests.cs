using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit.Abstractions;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>A record that BIND changes again and again while 64 workers send. <c>DNSAWARE_FLIPS</c> says how often; 100 takes some minutes a row.</summary>
[Collection(nameof(Alone))]
public sealed class FlipUnderLoadTests(ITestOutputHelper output)
{
    private static readonly int Flips = int.TryParse(Environment.GetEnvironmentVariable("DNSAWARE_FLIPS"), out int flips) ? flips : 8;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    public static TheoryData<HttpProtocols, bool, MembershipMode> Rows() => new()
    {
        { HttpProtocols.Http1, false, MembershipMode.Strict },
        { HttpProtocols.Http1, false, MembershipMode.Adaptive },
        { HttpProtocols.Http1AndHttp2, true, MembershipMode.Strict },
        { HttpProtocols.Http1AndHttp2, true, MembershipMode.Adaptive },
        { HttpProtocols.Http2, false, MembershipMode.Strict },
        { HttpProtocols.Http2, false, MembershipMode.Adaptive },
    };

    [ServerTheory("named", "nsupdate", "rndc-confgen")]
    [MemberData(nameof(Rows))]
    public async Task RecordFlips_NothingIsLostAndNewRequestsGoToTheNewAddresses(HttpProtocols protocols, bool tls, MembershipMode membership)
    {
        // Strict: two sets in turn. The default mode: to sets that never return.
        int sets = membership is MembershipMode.Strict ? 2 : Flips + 1;
        string[][] addresses = [.. Enumerable.Range(0, sets).Select(set => (string[])[$"127.0.{40 + (set / 100)}.{1 + (2 * (set % 100))}", $"127.0.{40 + (set / 100)}.{2 + (2 * (set % 100))}"])];
        await using LoopbackServer server = await LoopbackServer.StartAsync(protocols, tls, null, [.. addresses.SelectMany(set => set)]);
        await using NamedServer named = await NamedServer.StartAsync(string.Join('\n', addresses[0].Select(address => $"svc 1 IN A {address}")));
        await using DnsCache cache = new(new DnsCacheOptions { NameServers = [named.Address] });
        SocketsHttpHandler wrapped = new();
        wrapped.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        HttpClient client = new(new DnsAwareHandler(wrapped, new DnsAwareOptions { Membership = membership }, cache))
        {
            BaseAddress = new Uri($"{(tls ? "https" : "http")}://svc.test:{server.Port}"),
            DefaultRequestVersion = protocols is HttpProtocols.Http1 ? HttpVersion.Version11 : HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        Workload workload = new(client, addresses);

        await workload.StartAsync(workers: 64);
        for (int flip = 1; flip <= Flips; flip++)
        {
            await Task.Delay(Interval);
            workload.Flipping(flip % sets);
            await named.UpdateAsync("svc.test", 1, addresses[flip % sets]);
            workload.Flipped(flip % sets);
        }

        await Task.Delay(Interval);
        await workload.StopAsync();
        client.Dispose();

        output.WriteLine($"{protocols} tls={tls} {membership}: {workload.Summary}");
        workload.Failures.Should().BeEmpty();
        workload.Followed.Should().HaveCount(Flips);

        // The promise is TTL + 250 ms, and the summary tells what was reached. The limit here leaves room for a machine that is busy with other things.
        workload.Latest.Should().BeLessThan(TimeSpan.FromSeconds(2.5));
        await Eventually.Holds(() => server.OpenConnections == 0, "all sockets close");
    }
}
