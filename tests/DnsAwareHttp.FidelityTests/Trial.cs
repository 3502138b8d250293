using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.FidelityTests;

/// <summary>One side of a comparison: a handler that is bare or ours, servers of its own, and the transcript of what happened.</summary>
internal sealed class Trial(bool isOurs) : IAsyncDisposable
{
    private readonly ScriptedResolver _dns = new();
    private readonly Stack<IAsyncDisposable> _servers = [];
    private readonly Stack<IDisposable> _clients = [];
    private readonly Dictionary<string, string[]> _hosts = new(StringComparer.OrdinalIgnoreCase) { ["svc.test"] = ["127.0.0.1"] };
    private readonly TaskCompletionSource _names = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DnsCache? _cache;
    private DnsAwareHandler? _ours;
    private int _connects;
    private int _dials;
    private bool _holdsNames;

    public bool IsOurs => isOurs;

    public Transcript Transcript { get; } = new();

    /// <summary>Our options, where a case needs other than the defaults. Set it before the first handler.</summary>
    public DnsAwareOptions Options { get; init; } = new();

    /// <summary>
    /// Both sides find a name at these addresses; the bare one tries them in turn. <c>svc.test</c> is at 127.0.0.1; literals and localhost need nothing;
    /// names under <c>.invalid</c> do not exist.
    /// </summary>
    public void Host(string name, params string[] addresses) => _hosts[name] = addresses;

    /// <summary>From now on no name is found, until <see cref="ReleaseNames"/>. Call it before the first handler.</summary>
    public void HoldNames()
    {
        _holdsNames = true;
        _dns.Hold();
    }

    public void ReleaseNames()
    {
        _names.TrySetResult();
        _dns.Release();
    }

    /// <summary>Whether anybody asked for a name, or to be connected.</summary>
    public bool AnyNameAsked => Volatile.Read(ref _connects) > 0 || _hosts.Keys.Any(name => _dns.Questions(name) > 0);

    /// <summary>Addresses that were dialled.</summary>
    public int Dials => Volatile.Read(ref _dials);

    /// <summary>What our handler holds; null for the bare one.</summary>
    public DnsAwareSnapshot? Snapshot() => _ours?.GetSnapshot();

    /// <summary>Ends when our handler counts no request as active.</summary>
    public Task RestsAsync() => Eventually.Holds(
        () => Snapshot()?.Origins.SelectMany(origin => origin.Endpoints).All(endpoint => endpoint.ActiveRequests == 0) ?? true, "no request is counted");

    /// <summary>Starts a server of bytes. Its port is written as <paramref name="name"/>.</summary>
    public RawServer Serve(Func<RawConnection, Task> script, SslServerAuthenticationOptions? tls = null, string name = "PORT", params string[] addresses)
    {
        RawServer server = RawServer.Start(script, tls, addresses);
        _servers.Push(server);
        Transcript.Name(server.Port, name);
        return server;
    }

    /// <summary>Starts a server of bytes that answers each request.</summary>
    public RawServer Serve(Func<RawRequest, string> answer) => Serve(RawServer.Answering(answer));

    /// <summary>Starts Kestrel. Its port is written as <paramref name="name"/>.</summary>
    public async Task<LoopbackServer> ServeAsync(HttpProtocols protocols, bool tls, Action<WebApplication>? map = null, string name = "PORT", params string[] addresses)
    {
        LoopbackServer server = await LoopbackServer.StartAsync(protocols, tls, map, addresses.Length == 0 ? ["127.0.0.1"] : addresses);
        _servers.Push(server);
        Transcript.Name(server.Port, name);
        return server;
    }

    /// <summary>The handler of this side, around or with these settings. The trial disposes it.</summary>
    public HttpMessageHandler Handler(SocketsHttpHandler? settings = null)
    {
        settings ??= new SocketsHttpHandler();
        HttpMessageHandler handler = isOurs ? Ours(settings) : Bare(settings);
        _clients.Push(handler);
        return handler;
    }

    /// <summary>A client with the handler of this side. The trial disposes it.</summary>
    public HttpClient Client(SocketsHttpHandler? settings = null)
    {
        HttpClient client = new(Handler(settings), disposeHandler: false);
        _clients.Push(client);
        return client;
    }

    /// <summary>Settings that accept the servers' certificate.</summary>
    public static SocketsHttpHandler TrustingAll(SocketsHttpHandler? settings = null)
    {
        settings ??= new SocketsHttpHandler();
        settings.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        return settings;
    }

    /// <summary>Sends a request and writes down what comes of it, response or failure.</summary>
    public async Task SendAsync(HttpClient client, HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        try
        {
            using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            await Transcript.WriteAsync(response);
        }
        catch (Exception failure)
        {
            Transcript.Write(failure);
            Transcript.Write($"request: {request.Method} {request.RequestUri}");
        }
    }

    /// <summary>Sends a GET with a client of its own and writes down what comes of it.</summary>
    public async Task GetAsync(string uri, SocketsHttpHandler? settings = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, uri);
        await SendAsync(Client(settings), request);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IDisposable client in _clients)
        {
            client.Dispose();
        }

        foreach (IAsyncDisposable server in _servers)
        {
            await server.DisposeAsync();
        }

        _cache?.Dispose();
    }

    private DnsAwareHandler Ours(SocketsHttpHandler settings)
    {
        foreach ((string name, string[] addresses) in _hosts)
        {
            _dns.Says(name, 30, addresses);
        }

        Options.ConfigureSocket ??= _ => Interlocked.Increment(ref _dials);
        _cache ??= new DnsCache(resolver: AsksTheSystem ? null : _dns);
        return _ours = new DnsAwareHandler(settings, Options, _cache);
    }

    // It has no resolver of its own to be told names: what dials instead does as the runtime does for the rest.
    private SocketsHttpHandler Bare(SocketsHttpHandler settings)
    {
        if (_hosts.Count > 1 || NeedsNames)
        {
            settings.ConnectCallback = ConnectAsync;
        }

        return settings;
    }

    /// <summary>False to let the bare handler dial and resolve all by itself, where a case uses nothing but literals and localhost.</summary>
    public bool NeedsNames { get; init; } = true;

    /// <summary>True to let ours resolve by itself, too, where a case is about names that need no name server.</summary>
    public bool AsksTheSystem { get; init; }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _connects);
        if (_holdsNames)
        {
            await _names.Task.WaitAsync(cancellationToken);
        }

        if (context.DnsEndPoint.Host.EndsWith(".invalid", StringComparison.OrdinalIgnoreCase))
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }

        Interlocked.Increment(ref _dials);
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (_hosts.TryGetValue(context.DnsEndPoint.Host, out string[]? addresses))
            {
                await socket.ConnectAsync([.. addresses.Select(IPAddress.Parse)], context.DnsEndPoint.Port, cancellationToken);
            }
            else
            {
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            }

            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
