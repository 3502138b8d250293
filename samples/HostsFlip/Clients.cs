using System.Net;
using System.Net.Sockets;
using DnsAwareHttp;

namespace HostsFlip;

/// <summary>The two clients that are compared. Both resolve the name through the same hosts file.</summary>
internal sealed class Clients : IDisposable
{
    private readonly DnsCache _cache;

    public Clients(IFlippingHosts hosts)
    {
        _cache = new DnsCache(new DnsCacheOptions { HostsFilePath = hosts.PrivateFile });
        DnsAware = new HttpClient(new DnsAwareHandler(Handler(), new DnsAwareOptions(), _cache)) { Timeout = Schedule.Patience };

        SocketsHttpHandler plain = Handler();
        if (hosts.PrivateFile is string file)
        {
            plain.ConnectCallback = (context, cancellationToken) => ConnectByAsync(file, context.DnsEndPoint, cancellationToken);
        }

        Plain = new HttpClient(plain) { Timeout = Schedule.Patience };
    }

    public HttpClient DnsAware { get; }

    public HttpClient Plain { get; }

    public void Dispose()
    {
        DnsAware.Dispose();
        Plain.Dispose();
        _cache.Dispose();
    }

    // A proxy set in the environment would get the requests, and resolve the name itself.
    private static SocketsHttpHandler Handler() => new() { UseProxy = false };

    // What the operating system does for each new connection, with a hosts file that it does not know.
    private static async ValueTask<Stream> ConnectByAsync(string hostsFile, DnsEndPoint target, CancellationToken cancellationToken)
    {
        string[] lines = await File.ReadAllLinesAsync(hostsFile, cancellationToken);
        IPAddress[] addresses = [.. lines
            .Select(line => line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words.Skip(1).Contains(target.Host, StringComparer.OrdinalIgnoreCase))
            .Select(words => IPAddress.Parse(words[0]))];
        if (addresses.Length == 0)
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }

        Socket socket = new(addresses[0].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, target.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
