using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Convergence.Stories;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Convergence.Servers;

/// <summary>The servers of a story, in a process of their own: each line of input is an order, answered by a line.</summary>
internal sealed class ServerProgram(int port, Speech speech)
{
    private const int WarmUps = 20;

    private static readonly TimeSpan SampleTime = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BrownOutDelay = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, LoopbackServer> _servers = new();
    private readonly ConcurrentDictionary<string, bool> _brownOuts = new();
    private readonly StringBuilder _history = new();
    private int _turn;

    /// <summary>Ends when its input ends.</summary>
    public static async Task RunAsync(int port, string speech)
    {
        ServerProgram program = new(port, Enum.Parse<Speech>(speech));
        using Timer samples = new(_ => program.Note(), null, SampleTime, SampleTime);
        while (await Console.In.ReadLineAsync() is string order)
        {
            Console.WriteLine(await program.ObeyAsync(order.Split(' ')));
        }
    }

    private async Task<string> ObeyAsync(string[] order)
    {
        switch (order)
        {
            case ["start", string address]:
                _servers[address] = await LoopbackServer.StartAsync(Served, speech == Speech.Https, Map, port, address);
                await WarmUpAsync(address);
                break;
            case ["dead", string address]:
                _servers[address] = await LoopbackServer.StartAsync(Served, speech == Speech.Https, Map, port, address);
                _servers[address].SwallowConnects(address);
                break;
            case ["hang", string address]:
                _ = HangAsync(new TcpListener(IPAddress.Parse(address), port));
                break;
            case ["stop", string address]:
                await _servers[address].CutAsync();
                break;
            case ["silence", string address]:
                _servers[address].GoSilent(address);
                break;
            case ["brown-out", string address]:
                _brownOuts[address] = true;
                break;
            case ["history"]:
                Note();
                lock (_history)
                {
                    return _history.ToString();
                }

            default:
                return $"unknown: {string.Join(' ', order)}";
        }

        return "done";
    }

    private HttpProtocols Served => speech == Speech.Grpc ? HttpProtocols.Http2 : HttpProtocols.Http1;

    // So that the first clients do not wait for code that is being compiled.
    private async Task WarmUpAsync(string address)
    {
        using SocketsHttpHandler handler = new() { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        using HttpClient client = new(handler) { DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        client.DefaultRequestVersion = speech == Speech.Grpc ? HttpVersion.Version20 : HttpVersion.Version11;
        for (int i = 0; i < WarmUps; i++)
        {
            _ = await client.GetStringAsync($"{(speech == Speech.Https ? "https" : "http")}://{address}:{port}/whoami");
        }
    }

    private static async Task HangAsync(TcpListener listener)
    {
        List<Socket> open = [];
        listener.Start();
        while (true)
        {
            open.Add(await listener.AcceptSocketAsync());
        }
    }

    // How many connections were opened so far, and when that was.
    private void Note()
    {
        int opened = _servers.Sum(pair => pair.Value.ConnectionsTo(pair.Key));
        lock (_history)
        {
            _history.Append(CultureInfo.InvariantCulture, $"{Stopwatch.GetTimestamp()}:{opened} ");
        }
    }

    private void Map(WebApplication app)
    {
        app.Use(async (context, next) =>
        {
            if (_brownOuts.ContainsKey(context.Connection.LocalIpAddress!.ToString()))
            {
                await Task.Delay(BrownOutDelay);
                if (Interlocked.Increment(ref _turn) % 4 != 0)
                {
                    context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                    return;
                }
            }

            await next(context);
        });
        app.MapPost("/svc/WhoAmI", WhoAmIAsync);
    }

    private static async Task WhoAmIAsync(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(Stream.Null);
        byte[] address = Encoding.UTF8.GetBytes(context.Connection.LocalIpAddress!.ToString());
        context.Response.ContentType = "application/grpc";

        // A message of gRPC: not compressed, and its length in four bytes.
        await context.Response.Body.WriteAsync((byte[])[0, 0, 0, 0, (byte)address.Length, .. address]);
        context.Response.AppendTrailer("grpc-status", "0");
    }
}
