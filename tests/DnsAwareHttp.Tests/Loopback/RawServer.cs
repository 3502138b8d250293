using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>A server that does on each connection what a script says, byte by byte, and remembers what it received.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    public const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

    private readonly ImmutableArray<Socket> _listeners;
    private readonly SslServerAuthenticationOptions? _tls;
    private readonly Func<RawConnection, Task> _script;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;
    private ImmutableList<RawConnection> _connections = [];
    private ImmutableList<Task> _serving = [];
    private ImmutableList<Socket> _sockets = [];
    private ImmutableList<Exception> _problems = [];

    private RawServer(ImmutableArray<Socket> listeners, SslServerAuthenticationOptions? tls, Func<RawConnection, Task> script)
    {
        _listeners = listeners;
        _tls = tls;
        _script = script;
        Port = ((IPEndPoint)listeners[0].LocalEndPoint!).Port;
        _accepting = Task.WhenAll(listeners.Select(listener => Task.Run(() => AcceptAsync(listener))));
    }

    public int Port { get; }

    /// <summary>In the order in which they were accepted. Those whose TLS handshake failed are not among them.</summary>
    public ImmutableList<RawConnection> Connections => _connections;

    /// <summary>What scripts and TLS handshakes failed with; the other side's closing early is none.</summary>
    public ImmutableList<Exception> Problems => _problems;

    /// <summary>All that arrived, connection by connection.</summary>
    public string Wire => string.Join("", _connections.OrderBy(connection => connection.Number).Select(connection => $"--- connection {connection.Number}\n{connection.Received}\n"));

    /// <summary>A certificate for svc.test and its subdomains, ALPN as given.</summary>
    public static SslServerAuthenticationOptions Tls(params SslApplicationProtocol[] protocols) => new()
    {
        ServerCertificate = LoopbackServer.Certificate,
        ApplicationProtocols = protocols.Length == 0 ? null : [.. protocols],
        EnabledSslProtocols = SslProtocols.None,
    };

    /// <summary>A response without content that redirects by 302.</summary>
    public static string RedirectTo(string location, string? header = null) =>
        $"HTTP/1.1 302 Found\r\n{(header is null ? "" : header + "\r\n")}Location: {location}\r\nContent-Length: 0\r\n\r\n";

    /// <summary>Answers each request of each connection, until the other side ends it or an answer says <c>Connection: close</c>.</summary>
    public static Func<RawConnection, Task> Answering(Func<RawRequest, string> answer) => async connection =>
    {
        while (await connection.ReadRequestAsync() is RawRequest request)
        {
            string response = answer(request);
            await connection.WriteAsync(response);
            if (response.Contains("\r\nConnection: close\r\n", StringComparison.OrdinalIgnoreCase))
            {
                return;
            }
        }
    };

    /// <summary>Starts a server on 127.0.0.1, or on the given addresses at one port.</summary>
    public static RawServer Start(Func<RawConnection, Task> script, SslServerAuthenticationOptions? tls = null, params string[] addresses)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return new RawServer(Listen(addresses.Length == 0 ? ["127.0.0.1"] : addresses), tls, script);
            }
            catch (SocketException) when (attempt < 20)
            {
                // Somebody else took the port on one of the addresses in the meantime.
            }
        }
    }

    /// <summary>Starts a server at a port that is free.</summary>
    public static RawServer Start(Func<RawConnection, Task> script, SslServerAuthenticationOptions? tls, int port, params string[] addresses) =>
        new(Listen(addresses, port), tls, script);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (Socket socket in _listeners.Concat(_sockets))
        {
            socket.Dispose();
        }

        await _accepting;
        await Task.WhenAll(_serving);
        _stopping.Dispose();
    }

    private static ImmutableArray<Socket> Listen(string[] addresses, int port = 0)
    {
        List<Socket> listeners = [];
        try
        {
            foreach (IPAddress address in addresses.Select(IPAddress.Parse))
            {
                Socket listener = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                listeners.Add(listener);
                listener.Bind(new IPEndPoint(address, port));
                listener.Listen(128);
                port = ((IPEndPoint)listener.LocalEndPoint!).Port;
            }

            return [.. listeners];
        }
        catch (SocketException)
        {
            listeners.ForEach(static listener => listener.Dispose());
            throw;
        }
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Socket socket = await listener.AcceptAsync(_stopping.Token);
                ImmutableInterlocked.Update(ref _sockets, sockets => sockets.Add(socket));
                Task serving = ServeAsync(socket);
                ImmutableInterlocked.Update(ref _serving, tasks => tasks.Add(serving));
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            using (socket)
            {
                socket.NoDelay = true;
                await using NetworkStream plain = new(socket);
                await using Stream stream = await SecureAsync(plain);
                RawConnection? connection = null;
                ImmutableInterlocked.Update(ref _connections, connections => connections.Add(connection = new RawConnection(socket, stream, connections.Count)));
                await _script(connection!);
                if (stream is SslStream secure)
                {
                    await secure.ShutdownAsync();
                }

                // In order: a close with unread bytes would break the connection, and the other side might lose the answer.
                socket.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            // The other side has gone, or the server stops.
        }
        catch (Exception exception)
        {
            ImmutableInterlocked.Update(ref _problems, problems => problems.Add(exception));
        }
    }

    private async Task<Stream> SecureAsync(Stream plain)
    {
        if (_tls is null)
        {
            return plain;
        }

        SslStream secure = new(plain);
        await secure.AuthenticateAsServerAsync(_tls, _stopping.Token);
        return secure;
    }
}
