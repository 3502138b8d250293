using Convergence.Stories;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using Microsoft.Extensions.ServiceDiscovery;

namespace Convergence.Contenders;

/// <summary>All clients, in the order of the tables.</summary>
internal static class ContenderCatalogue
{
    private static readonly TimeSpan TwoMinutes = TimeSpan.FromMinutes(2);

    public static IReadOnlyList<Contender> All { get; } =
    [
        new("plain", "plain `HttpClient`", service => Over(Service.Handler(), service)) { SpeaksGrpc = true, IsQuick = true },
        Lifetime("lifetime-ttl", "`PooledConnectionLifetime` = TTL", service => service.Pace.Ttl),
        Lifetime("lifetime-15s", "`PooledConnectionLifetime` 15 s", service => service.Pace.Of(TimeSpan.FromSeconds(15))),
        Lifetime("lifetime-2min", "`PooledConnectionLifetime` 2 min", service => service.Pace.Of(TwoMinutes)) with { IsQuick = true },
        new("factory", "`IHttpClientFactory`, rotation 2 min", service => new FactoryAsker(service, (_, client) => client.SetHandlerLifetime(service.Pace.Of(TwoMinutes)))),
        new("round-robin", "`ConnectCallback`, round robin, lifetime 15 s", RoundRobin),
        new("discovery", "ServiceDiscovery 10.11, DNS at the TTL", service => new FactoryAsker(service, (services, client) => Discover(services, client, service))) { IsQuick = true },
        new("grpc-dns", "Grpc.Net.Client, `dns:///`, round robin", service => Dns(service, Timeout.InfiniteTimeSpan)) { SpeaksHttp = false, SpeaksGrpc = true },
        new("grpc-dns-ttl", "the same, refreshed at the TTL", service => Dns(service, service.Pace.Ttl)) { SpeaksHttp = false, SpeaksGrpc = true },
        Ours("strict", MembershipMode.Strict),
        Ours("adaptive", MembershipMode.Adaptive) with { Title = "DnsAwareHttp (`Adaptive`, the default)", IsQuick = true },
        Ours("logical", MembershipMode.Logical),
    ];

    private static Contender Lifetime(string name, string title, Func<Service, TimeSpan> lifetime) => new(name, title, service =>
    {
        SocketsHttpHandler handler = Service.Handler();
        handler.PooledConnectionLifetime = lifetime(service);
        return Over(handler, service);
    });

    private static Contender Ours(string name, MembershipMode mode) =>
        new(name, $"DnsAwareHttp, `{mode}`", service => Over(new DnsAwareHandler(Service.Handler(), new DnsAwareOptions { Membership = mode }), service)) { IsOurs = true, SpeaksGrpc = true };

    private static IAsker RoundRobin(Service service)
    {
        SocketsHttpHandler handler = Service.Handler();
        handler.PooledConnectionLifetime = service.Pace.Of(TimeSpan.FromSeconds(15));
        handler.ConnectCallback = new RoundRobinConnect().ConnectAsync;
        return Over(handler, service);
    }

    private static IAsker Over(HttpMessageHandler handler, Service service) => service.Speech == Speech.Grpc
        ? new GrpcAsker(GrpcChannel.ForAddress(service.Address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true }))
        : new HttpAsker(handler, service);

    private static void Discover(IServiceCollection services, IHttpClientBuilder client, Service service)
    {
        services.AddServiceDiscoveryCore();
        services.AddSingleton<IServiceEndpointProviderFactory>(new DnsEndpointProvider(service));
        client.AddServiceDiscovery();
    }

    private static GrpcAsker Dns(Service service, TimeSpan refresh)
    {
        ServiceProvider provider = new ServiceCollection().AddSingleton<ResolverFactory>(new DnsResolverFactory(refresh)).BuildServiceProvider();
        return new GrpcAsker(
            GrpcChannel.ForAddress($"dns:///{Service.Host}:{service.Port}", new GrpcChannelOptions
            {
                Credentials = ChannelCredentials.Insecure,
                ServiceProvider = provider,
                ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { new RoundRobinConfig() } },
            }),
            provider);
    }
}
