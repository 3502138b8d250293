using System.Net;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>A BIND on the loopback with one zone, <c>test</c>, that is changed by dynamic updates.</summary>
internal sealed class NamedServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private ChildProcess? _process;

    private NamedServer()
    {
    }

    public int Port { get; private init; } = LoopbackServer.FreePort();

    private string WhoUpdates { get; init; } = "update-policy { grant update-key zonesub ANY; };";

    public string Address => $"127.0.0.1:{Port}";

    public string Log => _process!.Output;

    public static async Task<NamedServer> StartAsync(string records)
    {
        NamedServer server = new();
        await server.StartServerAsync(records);
        return server;
    }

    /// <summary>Starts one at port 53, which only a network of its own has free. It takes updates from all of that network.</summary>
    public static async Task<NamedServer> StartAsNameServerAsync(string records)
    {
        NamedServer server = new() { Port = 53, WhoUpdates = "allow-update { 127.0.0.1; };" };
        await server.StartServerAsync(records);
        return server;
    }

    /// <summary>It answers nothing from now on, and refuses nothing either.</summary>
    public Task PauseAsync() => ChildProcess.RunAsync("kill", ["-STOP", $"{_process!.Id}"]);

    public Task ResumeAsync() => ChildProcess.RunAsync("kill", ["-CONT", $"{_process!.Id}"]);

    /// <summary>Replaces the addresses of a name. When this returns, the server answers with the new ones.</summary>
    public Task UpdateAsync(string name, int ttl, params string[] addresses) => ChildProcess.RunAsync(
        "nsupdate",
        ["-k", _folder["key.conf"]],
        $"""
        server 127.0.0.1 {Port}
        zone test
        update delete {name} A
        {string.Join('\n', addresses.Select(address => $"update add {name} {ttl} A {address}"))}
        send

        """);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _folder.Dispose();
    }

    private async Task StartServerAsync(string records)
    {
        await ChildProcess.RunAsync("rndc-confgen", ["-a", "-A", "hmac-sha256", "-k", "update-key", "-c", _folder["key.conf"]]);
        _folder.Write("test.zone", $"""
            $TTL 1
            @ IN SOA ns.test. admin.test. 1 3600 600 86400 1
            @ IN NS ns.test.
            ns IN A 127.0.0.1
            {records}

            """);
        _folder.Write("named.conf", $$"""
            include "{{_folder["key.conf"]}}";
            options {
                directory "{{_folder.FullName}}"; pid-file none; session-keyfile none; recursion no; notify no;
                listen-on port {{Port}} { 127.0.0.1; }; listen-on-v6 { none; }; max-udp-size 1232;
            };
            controls { };
            zone "test" { type primary; file "test.zone"; {{WhoUpdates}} };
            logging { channel out { stderr; severity info; }; category queries { out; }; category default { out; }; };

            """);
        _process = ChildProcess.Start("named", "-g", "-c", _folder["named.conf"]);
        await Eventually.Holds(
            () => DnsQuestion.IsAnswered(new IPEndPoint(IPAddress.Loopback, Port)) || (_process.HasEnded ? throw new InvalidOperationException($"named ended: {Log}") : false),
            "named answers");
    }
}
