using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.EcosystemTests.Harness;

/// <summary>One server at one address.</summary>
internal sealed class FleetServer : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<ConnectionContext, bool> _open = new();
    private readonly WebApplication _app;
    private volatile bool _isKilled;

    private FleetServer(IPEndPoint address, HttpProtocols protocols, Action<WebApplicationBuilder> configure, Action<WebApplication> map)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
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

    public async Task KillAsync()
    {
        _isKilled = true;
        foreach (ConnectionContext connection in _open.Keys)
        {
            connection.Abort();
        }

        await StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
    }

    private async Task StopAsync()
    {
        using CancellationTokenSource now = new(StopTimeout);
        await _app.StopAsync(now.Token);
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
