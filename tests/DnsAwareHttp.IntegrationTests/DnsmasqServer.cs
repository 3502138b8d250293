using System.Net;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>A dnsmasq on the loopback that answers from a hosts file of its own.</summary>
internal sealed class DnsmasqServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly int _ttl;
    private readonly string[] _more;
    private ChildProcess? _process;

    private DnsmasqServer(int ttl, string[] more) => (_ttl, _more) = (ttl, more);

    public int Port { get; } = LoopbackServer.FreePort();

    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Everything that it has logged, a line for each question among it.</summary>
    public string Log => _process?.Output ?? "";

    public static async Task<DnsmasqServer> StartAsync(int ttl, string hosts, params string[] more)
    {
        DnsmasqServer server = new(ttl, more);
        server.Write(hosts);
        await server.StartAsync();
        return server;
    }

    public async Task StartAsync()
    {
        _process = ChildProcess.Start(
            "dnsmasq",
            [
                "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=root", "--listen-address=127.0.0.1", "--bind-interfaces", $"--port={Port}",
                "--pid-file=", $"--addn-hosts={_folder["hosts"]}", $"--local-ttl={_ttl}", "--log-queries", "--log-facility=-", "--local=/test/", "--auth-ttl=1", .. _more,
            ]);
        await Eventually.Holds(() => Answers() || (_process.HasEnded ? throw new InvalidOperationException($"dnsmasq ended: {_process.Output}") : false), "dnsmasq answers");
    }

    /// <summary>Changes what it answers, without a restart.</summary>
    public async Task SaysAsync(string hosts)
    {
        int before = ReadCount();
        Write(hosts);
        await ChildProcess.RunAsync("kill", ["-HUP", $"{_process!.Id}"]);
        await Eventually.Holds(() => ReadCount() > before, "dnsmasq reads its hosts file again");
    }

    /// <summary>Starts it again with other answers.</summary>
    public Task SaysNextAsync(string hosts)
    {
        Write(hosts);
        return StartAsync();
    }

    public async Task StopAsync()
    {
        await _process!.DisposeAsync();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await StopAsync();
        }

        _folder.Dispose();
    }

    private void Write(string hosts) => _folder.Write("hosts", hosts);

    private int ReadCount() => Log.Split("read " + _folder["hosts"]).Length;

    private bool Answers() => DnsQuestion.IsAnswered(new IPEndPoint(IPAddress.Loopback, Port));
}
