using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace WebApi;

/// <summary>The servers that the clients call: two addresses of this machine, each with HTTP/1.1 on one port and gRPC on another.</summary>
internal sealed class Backends(WebApplication application) : IAsyncDisposable
{
    private const int ReportLines = 12;

    private static readonly TimeSpan ReportPause = TimeSpan.FromMilliseconds(500);

    /// <summary>The address before the first flip, and the one after it.</summary>
    public static (IPAddress First, IPAddress Second) Addresses { get; } = CanListen("127.0.0.2")
        ? (IPAddress.Parse("127.0.0.2"), IPAddress.Parse("127.0.0.3"))
        : (IPAddress.Loopback, IPAddress.IPv6Loopback); // macOS answers on no other address of its loopback

    public static async Task<Backends> StartAsync(IConfiguration ports)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            foreach (IPAddress address in new[] { Addresses.First, Addresses.Second })
            {
                kestrel.Listen(address, ports.GetValue<int>("HttpPort"), listen => listen.Protocols = HttpProtocols.Http1);
                kestrel.Listen(address, ports.GetValue<int>("GrpcPort"), listen => listen.Protocols = HttpProtocols.Http2);
            }
        });
        WebApplication application = builder.Build();
        application.MapGet("/", Server);
        application.MapGet("/report", WriteReportAsync);
        application.MapGrpcService<PricesService>();
        await application.StartAsync();
        return new Backends(application);
    }

    public ValueTask DisposeAsync() => application.DisposeAsync();

    private static string Server(HttpContext context) => context.Connection.LocalIpAddress!.ToString();

    // A response that takes 6 s. A flip comes in the middle of it, and it is read to its end.
    private static async Task WriteReportAsync(HttpContext context)
    {
        for (int line = 1; line <= ReportLines; line++)
        {
            await context.Response.WriteAsync($"{line} of {ReportLines} from {Server(context)}\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(ReportPause, context.RequestAborted);
        }
    }

    private static bool CanListen(string address)
    {
        try
        {
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
