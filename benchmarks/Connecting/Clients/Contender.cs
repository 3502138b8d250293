using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Tests.Fakes;

namespace Connecting.Clients;

/// <summary>A client that is measured, asking for one name at one port.</summary>
internal sealed class Contender : IDisposable
{
    /// <summary>The name that all ask for.</summary>
    public const string Host = "svc.test";

    private readonly HttpClient _client;
    private readonly string _path;
    private readonly DnsAwareHandler? _handler;
    private readonly DnsCache? _cache;

    private Contender(HttpMessageHandler handler, DnsCache? cache, Service service)
    {
        _handler = handler as DnsAwareHandler;
        _cache = cache;
        _path = service.Path;
        _client = new HttpClient(handler)
        {
            BaseAddress = service.Protocol.At(Host, service.Port),
            DefaultRequestVersion = service.Protocol.Version,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = service.Patience,
        };
    }

    /// <summary>What the library knows and holds; nothing for a bare client.</summary>
    public IEnumerable<EndpointSnapshot> Endpoints => _handler?.GetSnapshot().Origins.SelectMany(origin => origin.Endpoints) ?? [];

    /// <summary>A client with the library's handler.</summary>
    public static Contender Ours(Service service, INameResolver resolver, DnsAwareOptions? options = null)
    {
        DnsCache cache = new(resolver: resolver);
        return new Contender(new DnsAwareHandler(Handler(), options, cache), cache, service);
    }

    /// <summary>As <see cref="Ours(Service, INameResolver, DnsAwareOptions?)"/>, with addresses that stay.</summary>
    public static Contender Ours(Service service, string[] addresses, DnsAwareOptions? options = null)
    {
        ScriptedResolver resolver = new();
        resolver.Says(Host, 60, addresses);
        return Ours(service, resolver, options);
    }

    /// <summary>A client with nothing but the runtime's handler, which does for each new connection what it does for a name with several addresses.</summary>
    /// <param name="service">Whom it asks.</param>
    /// <param name="addresses">What a question for the name would answer, asked for each new connection.</param>
    /// <param name="connectionLifetime">The handler's <see cref="SocketsHttpHandler.PooledConnectionLifetime"/>; null for its default.</param>
    public static Contender Bare(Service service, Func<IPAddress[]> addresses, TimeSpan? connectionLifetime = null)
    {
        SocketsHttpHandler handler = Handler();
        handler.PooledConnectionLifetime = connectionLifetime ?? handler.PooledConnectionLifetime;
        handler.ConnectCallback = (context, cancellationToken) => ConnectAsync(addresses(), context.DnsEndPoint.Port, cancellationToken);
        return new Contender(handler, null, service);
    }

    /// <summary>As <see cref="Bare(Service, Func{IPAddress[]}, TimeSpan?)"/>, with addresses that stay.</summary>
    public static Contender Bare(Service service, string[] addresses)
    {
        IPAddress[] parsed = [.. addresses.Select(IPAddress.Parse)];
        return Bare(service, () => parsed);
    }

    /// <summary>Sends a request and tells which address answered it.</summary>
    public Task<string> AskAsync() => _client.GetStringAsync(_path);

    /// <summary>Prepares the library's handler; a bare one sends a request.</summary>
    public Task WarmUpAsync() => _handler?.WarmUpAsync(_client.BaseAddress!) ?? AskAsync();

    public void Dispose()
    {
        _client.Dispose();
        _cache?.Dispose();
    }

    // A proxy set in the environment would get the requests.
    private static SocketsHttpHandler Handler()
    {
        SocketsHttpHandler handler = new() { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        return handler;
    }

    private static async ValueTask<Stream> ConnectAsync(IPAddress[] addresses, int port, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
