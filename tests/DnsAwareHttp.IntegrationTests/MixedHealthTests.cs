using System.Net;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>One of four addresses refuses and one swallows connects: over HTTP/2 with TLS, too, the first request and the following ones are answered by the others.</summary>
public sealed class MixedHealthTests
{
    private const string Host = "svc.test";
    private static readonly string[] Well = ["127.0.68.3", "127.0.68.4"];
    private static readonly string[] Addresses = ["127.0.68.1", "127.0.68.2", .. Well];

    public static TheoryData<LoadBalancingPolicy, int> Rows()
    {
        TheoryData<LoadBalancingPolicy, int> rows = [];
        foreach (LoadBalancingPolicy policy in Enum.GetValues<LoadBalancingPolicy>())
        {
            for (int first = 0; first < Addresses.Length; first++)
            {
                rows.Add(policy, first);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task ColdStart_OneRefusesAndOneSwallows_EachRequestIsAnswered(LoadBalancingPolicy policy, int first)
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http2, tls: true, null, Well);
        using BlackHole hole = new(Addresses[0], server.Port);
        ScriptedResolver dns = new();
        dns.Says(Host, 60, [.. Addresses[first..], .. Addresses[..first]]);
        await using DnsCache cache = new(resolver: dns);
        SocketsHttpHandler wrapped = new();
        wrapped.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;

        // Whoever waited for the silent address would wait longer than the test does.
        using DnsAwareHandler handler = new(wrapped, new DnsAwareOptions { LoadBalancing = policy, ConnectTimeout = TimeSpan.FromMinutes(5) }, cache);
        using HttpClient client = new(handler)
        {
            BaseAddress = new Uri($"https://{Host}:{server.Port}"),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TimeSpan.FromMinutes(1),
        };

        for (int i = 0; i < 50; i++)
        {
            (await client.GetStringAsync("/whoami")).Should().BeOneOf(Well);
        }
    }
}
