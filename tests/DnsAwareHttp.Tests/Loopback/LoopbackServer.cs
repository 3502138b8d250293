using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>One web server on several loopback addresses at one port, that tells which address was asked.</summary>
public sealed class LoopbackServer : IAsyncDisposable
{
    /// <summary>Each response names the address that was asked.</summary>
    public const string AddressHeader = "X-Address";

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, int> _requests = new();
    private readonly ConcurrentDictionary<string, int> _connections = new();
    private readonly ConcurrentDictionary<Socket, string> _sockets = new();
    private readonly ConcurrentDictionary<Socket, string> _listeners = new();
    private readonly ConcurrentDictionary<string, bool> _silent = new();
    private readonly ConcurrentDictionary<ConnectionContext, bool> _open = new();
    private volatile bool _isCut;

    private LoopbackServer(WebApplication app, int port)
    {
        _app = app;
        Port = port;
    }

    public static X509Certificate2 Certificate { get; } = MakeCertificate();

    public int Port { get; }

    /// <summary>Responses of <c>/gated</c> send their head and first half, then wait for this.</summary>
    public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int OpenConnections => _open.Count;

    /// <summary>From now on the address hears nothing and acknowledges nothing, neither on its connections nor of new ones. Linux only.</summary>
    public void GoSilent(string address)
    {
        _silent[address] = true;
        foreach ((Socket socket, _) in _sockets.Where(pair => pair.Value == address))
        {
            MutedSocket.Mute(socket);
        }
    }

    /// <summary>From now on the address answers no connect. Its connections go on. Linux only.</summary>
    public void SwallowConnects(string address)
    {
        foreach ((Socket socket, _) in _listeners.Where(pair => pair.Value == address))
        {
            MutedSocket.Mute(socket);
        }
    }

    public void ComeBack(string address)
    {
        _silent.TryRemove(address, out _);
        foreach ((Socket socket, _) in _sockets.Where(pair => pair.Value == address))
        {
            MutedSocket.Unmute(socket);
        }
    }

    public int RequestsTo(string address) => _requests.GetValueOrDefault(address);

    public int ConnectionsTo(string address) => _connections.GetValueOrDefault(address);

    /// <summary>Starts a server; <paramref name="map"/> may add endpoints.</summary>
    public static Task<LoopbackServer> StartAsync(HttpProtocols protocols, bool tls, Action<WebApplication>? map = null, params string[] addresses) =>
        StartAsync(protocols, tls, map, static _ => { }, addresses);

    /// <summary>Starts a server with limits of its own.</summary>
    public static async Task<LoopbackServer> StartAsync(
        HttpProtocols protocols, bool tls, Action<WebApplication>? map, Action<KestrelServerLimits> limit, params string[] addresses)
    {
        for (int attempt = 0; ; attempt++)
        {
            int port = FreePort();
            try
            {
                return await StartAsync(protocols, tls, map, limit, port, addresses);
            }
            catch (IOException) when (attempt < 20)
            {
                // Somebody else took the port on one of the addresses in the meantime.
            }
        }
    }

    /// <summary>Starts a server at a port that is free.</summary>
    public static Task<LoopbackServer> StartAsync(HttpProtocols protocols, bool tls, Action<WebApplication>? map, int port, params string[] addresses) =>
        StartAsync(protocols, tls, map, static _ => { }, port, addresses);

    private static async Task<LoopbackServer> StartAsync(
        HttpProtocols protocols, bool tls, Action<WebApplication>? map, Action<KestrelServerLimits> limit, int port, string[] addresses)
    {
        LoopbackServer? server = null;
        ConcurrentDictionary<Socket, string> listeners = new();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = endPoint =>
        {
            Socket listener = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
            listeners[listener] = ((IPEndPoint)endPoint).Address.ToString();
            return listener;
        });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            limit(kestrel.Limits);
            foreach (string address in addresses)
            {
                kestrel.Listen(IPAddress.Parse(address), port, listen =>
                {
                    listen.Protocols = protocols;
                    if (tls)
                    {
                        listen.UseHttps(Certificate);
                    }

                    listen.Use(next => connection => server!.CountAsync(connection, next));
                });
            }
        });
        WebApplication app = builder.Build();
        server = new LoopbackServer(app, port);
        server.Map(map);
        await app.StartAsync();
        foreach ((Socket listener, string address) in listeners)
        {
            server._sockets[listener] = address;
            server._listeners[listener] = address;
        }

        return server;
    }

    /// <summary>A port at which nobody listens on 127.0.0.1, by TCP or UDP; not one of those that the system hands out for connections.</summary>
    public static int FreePort()
    {
        while (true)
        {
            int port = Random.Shared.Next(15_000, 32_768);
            try
            {
                using Socket tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                using Socket udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                tcp.Bind(new IPEndPoint(IPAddress.Loopback, port));
                udp.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken: another one.
            }
        }
    }

    /// <summary>Ends as a machine does that is switched off: connections break, whatever is under way on them.</summary>
    public async Task CutAsync()
    {
        _isCut = true;
        foreach (ConnectionContext connection in _open.Keys)
        {
            connection.Abort();
        }

        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Gate.TrySetResult();
        using CancellationTokenSource now = new(TimeSpan.FromSeconds(2));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task CountAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        _open[connection] = true;
        if (_isCut)
        {
            connection.Abort();
        }

        string address = ((IPEndPoint)connection.LocalEndPoint!).Address.ToString();
        _connections.AddOrUpdate(address, 1, static (_, count) => count + 1);
        Socket socket = connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket;
        _sockets[socket] = address;
        if (_silent.ContainsKey(address))
        {
            MutedSocket.Mute(socket);
        }

        try
        {
            await next(connection);
        }
        finally
        {
            _sockets.TryRemove(socket, out _);
            _open.TryRemove(connection, out _);
        }
    }

    private void Map(Action<WebApplication>? map)
    {
        _app.Use(async (context, next) =>
        {
            string address = context.Connection.LocalIpAddress!.ToString();
            context.Response.Headers[AddressHeader] = address;
            _requests.AddOrUpdate(address, 1, static (_, count) => count + 1);
            await next(context);
        });
        _app.MapGet("/whoami", (HttpContext context) => context.Connection.LocalIpAddress!.ToString());
        _app.MapPost("/echo", async (HttpContext context) =>
        {
            await context.Request.Body.CopyToAsync(context.Response.Body);
        });
        _app.MapGet("/gated", async (HttpContext context) =>
        {
            context.Response.ContentLength = 20;
            await context.Response.WriteAsync("0123456789");
            await context.Response.Body.FlushAsync();
            await Gate.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("abcdefghij");
        });
        map?.Invoke(_app);
    }

    private static X509Certificate2 MakeCertificate()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=svc.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("svc.test");
        names.AddDnsName("*.svc.test");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(7));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
