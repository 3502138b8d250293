using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HostsFlip;

/// <summary>A web server on one address, which says in each reply who it is.</summary>
internal sealed class LocalServer : IAsyncDisposable
{
    public const string ShopPath = "/";
    public const string ParcelPath = "/parcel";
    public const string NameHeader = "X-Server";

    // Long enough that some requests are always under way.
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(40);

    private readonly WebApplication _application;
    private readonly CancellationTokenSource _crash = new();
    private volatile bool _isGone;

    private LocalServer(IPAddress address, int port, Task flipped)
    {
        Address = address;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(address, port));
        _application = builder.Build();
        _application.Use(next => async context =>
        {
            context.Response.Headers[NameHeader] = address.ToString();
            using CancellationTokenRegistration abort = _crash.Token.Register(context.Abort);
            await next(context);
        });
        _application.MapGet(ShopPath, ServeShopAsync);
        _application.MapGet(ParcelPath, context => Parcel.ServeAsync(context, flipped));
    }

    public IPAddress Address { get; }

    public int Port => new Uri(_application.Urls.Single()).Port;

    public static async Task<LocalServer> StartAsync(IPAddress address, int port, Task flipped, CancellationToken cancellationToken)
    {
        LocalServer server = new(address, port, flipped);
        try
        {
            await server._application.StartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server._application.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Goes as a machine that is switched off, or a pod whose address is taken away: nobody says goodbye. Its connections stay open for the
    /// clients, and no answer comes any more.
    /// </summary>
    public void Vanish() => _isGone = true;

    public async ValueTask DisposeAsync()
    {
        await _crash.CancelAsync();
        try
        {
            await _application.StopAsync(new CancellationToken(canceled: true));
        }
        catch (OperationCanceledException)
        {
            // Says only that the time for a graceful stop, which is none, has passed.
        }

        await _application.DisposeAsync();
    }

    private async Task ServeShopAsync(HttpContext context)
    {
        await Task.Delay(Work, context.RequestAborted);
        if (_isGone)
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }

        await context.Response.WriteAsync("Welcome to the shop.\n", context.RequestAborted);
    }
}
