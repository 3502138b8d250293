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
    private readonly CancellationTokenSource _crash;

    private LocalServer(IPAddress address, WebApplication application, CancellationTokenSource crash)
    {
        Address = address;
        _application = application;
        _crash = crash;
    }

    public IPAddress Address { get; }

    public int Port => new Uri(_application.Urls.Single()).Port;

    public static async Task<LocalServer> StartAsync(IPAddress address, int port, Task flipped, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(address, port));
        WebApplication application = builder.Build();
        CancellationTokenSource crash = new();
        application.Use(next => async context =>
        {
            context.Response.Headers[NameHeader] = address.ToString();
            using CancellationTokenRegistration abort = crash.Token.Register(context.Abort);
            await next(context);
        });
        application.MapGet(ShopPath, ServeShopAsync);
        application.MapGet(ParcelPath, context => Parcel.ServeAsync(context, flipped));
        try
        {
            await application.StartAsync(cancellationToken);
            return new LocalServer(address, application, crash);
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops as a crash does: nobody connects any more, and requests under way are cut off.</summary>
    public async Task StopAbruptlyAsync()
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
    }

    public async ValueTask DisposeAsync()
    {
        await StopAbruptlyAsync();
        await _application.DisposeAsync();
    }

    private static async Task ServeShopAsync(HttpContext context)
    {
        await Task.Delay(Work, context.RequestAborted);
        await context.Response.WriteAsync("Welcome to the shop.\n", context.RequestAborted);
    }
}
