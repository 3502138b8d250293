using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace HostsFlip;

/// <summary>Two web servers on two loopback addresses and one port.</summary>
internal sealed class LocalServers(LocalServer first, LocalServer second) : IAsyncDisposable
{
    private const int PortsToTry = 10;

    public LocalServer First => first;

    public LocalServer Second => second;

    public Uri ShopAt(string name) => new($"http://{name}:{first.Port}{LocalServer.ShopPath}");

    public Uri ParcelAt(string name) => new($"http://{name}:{first.Port}{LocalServer.ParcelPath}");

    public static async Task<LocalServers> StartAsync(Task flipped, CancellationToken cancellationToken)
    {
        // Linux and Windows answer on all of 127.0.0.0/8, macOS only on 127.0.0.1.
        IPAddress another = IPAddress.Parse("127.0.0.2");
        IPAddress secondAddress = CanListen(another) ? another : IPAddress.IPv6Loopback;

        for (int attempt = 1; ; attempt++)
        {
            LocalServer first = await LocalServer.StartAsync(IPAddress.Loopback, port: 0, flipped, cancellationToken);
            try
            {
                return new LocalServers(first, await LocalServer.StartAsync(secondAddress, first.Port, flipped, cancellationToken));
            }
            catch (IOException busy) when (busy.InnerException is AddressInUseException && attempt < PortsToTry)
            {
                await first.DisposeAsync();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await first.DisposeAsync();
        await second.DisposeAsync();
    }

    private static bool CanListen(IPAddress address)
    {
        try
        {
            using Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
