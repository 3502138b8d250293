using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.EcosystemTests.Harness;

/// <summary>Three servers on 127.0.0.1, .2 and .3 at one port, and the name that finds them.</summary>
public sealed class Fleet : IAsyncDisposable
{
    public const string Host = "svc.test";
    public static readonly string[] Addresses = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
    private readonly FleetServer[] _servers;

    private Fleet(FleetServer[] servers, int port)
    {
        _servers = servers;
        Port = port;
        Cache = new DnsCache(new DnsCacheOptions { MinTtl = TimeSpan.FromMilliseconds(100) }, Dns);
        Says(Addresses);
    }

    public ScriptedResolver Dns { get; } = new();

    public int Port { get; }

    public Uri Uri => new($"http://{Host}:{Port}");

    /// <summary>Starts the servers.</summary>
    /// <param name="protocols">What each of them speaks, without TLS.</param>
    /// <param name="configure">Adds services.</param>
    /// <param name="map">Adds endpoints.</param>
    public static async Task<Fleet> StartAsync(
        HttpProtocols protocols, Action<WebApplicationBuilder> configure, Action<WebApplication> map)
    {
        const int Attempts = 20;
        for (int attempt = 1; ; attempt++)
        {
            int port = Random.Shared.Next(15_000, 32_768);
            List<FleetServer> started = [];
            try
            {
                foreach (string address in Addresses)
                {
                    started.Add(await FleetServer.StartAsync(new IPEndPoint(IPAddress.Parse(address), port), protocols, configure, map));
                }

                return new Fleet([.. started], port);
            }
            catch (Exception exception) when (exception is IOException or SocketException && attempt < Attempts)
            {
                // The port is taken on one of the addresses: another port.
                foreach (FleetServer server in started)
                {
                    await server.DisposeAsync();
                }
            }
        }
    }

    /// <summary>What DNS answers from now on: the whole set.</summary>
    public void Says(params string[] addresses) =>
        Dns.Says(Host, new Answer.Found([.. addresses.Select(IPAddress.Parse)], TimeSpan.Zero, IsComplete: true));

    /// <summary>Ends a server as a machine ends that is switched off: its connections break, new ones are refused.</summary>
    public void Kill(string address) => _servers[Array.IndexOf(Addresses, address)].Kill();

    /// <summary>A cache that asks the script, each 100 ms at most.</summary>
    public DnsCache Cache { get; }

    /// <summary>The handler under test, with its default options.</summary>
    public DnsAwareHandler MakeHandler(SocketsHttpHandler? wrapped = null) => new(wrapped ?? new SocketsHttpHandler(), cache: Cache);

    /// <summary>The bare handler, which asks the same script at each connect.</summary>
    public SocketsHttpHandler MakeBare() => new() { ConnectCallback = ConnectAsync };

    public async ValueTask DisposeAsync()
    {
        await Cache.DisposeAsync();
        foreach (FleetServer server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        Answer answer = await Dns.ResolveAsync(context.DnsEndPoint.Host, cancellationToken);
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync([.. ((Answer.Found)answer).Addresses], context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
