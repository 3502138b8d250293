using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.EcosystemTests.Harness;

/// <summary>One server at one address.</summary>
internal sealed class FleetServer : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<ConnectionContext, bool> _open = new();
    private readonly WebApplication _app;
    private Socket? _listener;
    private volatile bool _isKilled;

    private FleetServer(IPEndPoint address, HttpProtocols protocols, Action<WebApplicationBuilder> configure, Action<WebApplication> map)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = endPoint =>
            _listener = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(address, listen =>
        {
            listen.Protocols = protocols;
            listen.Use(next => connection => WatchAsync(connection, next));
        }));
        configure(builder);
        _app = builder.Build();
        map(_app);
    }

    public static async Task<FleetServer> StartAsync(
        IPEndPoint address, HttpProtocols protocols, Action<WebApplicationBuilder> configure, Action<WebApplication> map)
    {
        FleetServer server = new(address, protocols, configure, map);
        try
        {
            await server._app.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Refuses new connections and breaks those that are open, without a word to the peer.</summary>
    public void Kill()
    {
        _isKilled = true;
        _listener!.Dispose();
        foreach (ConnectionContext connection in _open.Keys)
        {
            connection.Abort();
        }
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource now = new(StopTimeout);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task WatchAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        _open[connection] = true;
        if (_isKilled)
        {
            connection.Abort();
        }

        try
        {
            await next(connection);
        }
        finally
        {
            _open.TryRemove(connection, out _);
        }
    }
}
