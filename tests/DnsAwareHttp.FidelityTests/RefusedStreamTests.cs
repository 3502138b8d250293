using System.Net;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit.Abstractions;

namespace DnsAwareHttp.FidelityTests;

/// <summary>One of two HTTP/2 servers refuses each stream (REFUSED_STREAM): its requests go to the other one, and soon it has none.</summary>
public sealed class RefusedStreamTests(ITestOutputHelper output)
{
    private const string Refusing = "127.0.13.1";
    private const string Good = "127.0.13.2";

    [Fact]
    public async Task OneRefusesEachStream_NoRequestIsHurt()
    {
        await using LoopbackServer good = await LoopbackServer.StartAsync(HttpProtocols.Http2, tls: false, null, Good);
        await using RawServer refusing = RawServer.Start(RefuseAllAsync, null, good.Port, Refusing);
        ScriptedResolver dns = new();
        dns.Says("svc.test", 300, Refusing, Good);
        await using DnsCache cache = new(resolver: dns);
        using DnsAwareHandler handler = new(new SocketsHttpHandler(), new DnsAwareOptions { LoadBalancing = LoadBalancingPolicy.RoundRobin }, cache);

        int hurt = await CountHurtAsync(handler, good.Port);
        int bareHurt = await CountHurtAsync(BareHandler.Over(Refusing, Good), good.Port);

        output.WriteLine($"{hurt} of 100 hurt; bare, on one connection: {bareHurt}");
        hurt.Should().Be(0);
        EndpointSnapshot endpoint = handler.GetSnapshot().Origins[0].Endpoints.Single(one => one.Address.Address.ToString() == Refusing);
        endpoint.State.Should().Be(EndpointState.Ejected);
        endpoint.TotalRequests.Should().BeLessThan(40);
    }

    private static async Task RefuseAllAsync(RawConnection raw)
    {
        const int RefusedStream = 7;
        FrameConnection connection = new(raw);
        await connection.OpenAsync([]);
        while (await connection.ReadRequestAsync() is int stream)
        {
            await connection.ResetAsync(stream, RefusedStream);
        }
    }

    private static async Task<int> CountHurtAsync(HttpMessageHandler handler, int port)
    {
        using HttpClient client = new(handler, disposeHandler: false);
        int hurt = 0;
        for (int i = 0; i < 100; i++)
        {
            try
            {
                using HttpRequestMessage request = new(HttpMethod.Get, $"http://svc.test:{port}/whoami")
                {
                    Version = HttpVersion.Version20,
                    VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                };
                using HttpResponseMessage response = await client.SendAsync(request);
                response.EnsureSuccessStatusCode();
            }
            catch (HttpRequestException)
            {
                hurt++;
            }
        }

        return hurt;
    }
}
