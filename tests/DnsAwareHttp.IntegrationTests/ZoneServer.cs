using System.Net;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>One of four name servers on the loopback, as people run them, that knows one zone, <c>test</c>. <c>servfail.test</c> is out of order there, <c>example</c> is none of its business.</summary>
internal sealed class ZoneServer : IAsyncDisposable
{
    private const string Zone = """
        $TTL 60
        $ORIGIN test.
        @ IN SOA ns.test. admin.test. 1 3600 600 86400 30
        @ IN NS ns.test.
        ns IN A 127.0.0.1
        up IN A 127.0.0.1
        one IN A 10.0.0.1
        two IN A 10.0.0.1
        two IN A 10.0.0.2
        two IN AAAA fd00::1
        two IN AAAA fd00::2
        mixed IN A 10.0.0.3
        zero 0 IN A 10.0.0.1
        day 86400 IN A 10.0.0.1
        text IN TXT "no address"
        c1 20 IN CNAME c2
        c2 40 IN CNAME c3
        c3 60 IN CNAME two
        gone 20 IN CNAME nowhere
        dry 20 IN CNAME text
        out 60 IN CNAME elsewhere.example.
        _http._tcp 60 IN SRV 1 60 8080 one
        _http._tcp 60 IN SRV 1 40 8081 two
        loop 60 IN CNAME pool
        pool 60 IN CNAME loop
        """;

    private readonly TemporaryFolder _folder = new();
    private ChildProcess? _process;

    private ZoneServer(string program) => Program = program;

    public static string[] Programs { get; } = ["dnsmasq", "named", "knotd", "unbound"];

    public string Program { get; }

    public IPEndPoint EndPoint { get; } = new(IPAddress.Loopback, LoopbackServer.FreePort());

    public static async Task<ZoneServer> StartAsync(string program)
    {
        ZoneServer server = new(program);
        server._folder.Write("test.zone", $"{Zone}\n{string.Join('\n', Enumerable.Range(1, 200).Select(host => $"big 60 IN A 10.1.0.{host}"))}\n");
        await server.StartAsync();
        return server;
    }

    /// <summary>Starts it, at the same port as before.</summary>
    public async Task StartAsync()
    {
        ChildProcess process = Program switch
        {
            "dnsmasq" => StartDnsmasq(),
            "named" => StartNamed(),
            "knotd" => StartKnot(),
            _ => StartUnbound(),
        };
        _process = process;
        await Eventually.Holds(
            () => DnsQuestion.IsFound(EndPoint) || (process.HasEnded ? throw new InvalidOperationException($"{Program} ended: {process.Output}") : false), $"{Program} answers");
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
            await _process.DisposeAsync();
        }

        _folder.Dispose();
    }

    // Answers from a list of its own: it reads no zone files.
    private ChildProcess StartDnsmasq() => ChildProcess.Start(
        "dnsmasq",
        [
            "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=root", "--listen-address=127.0.0.1", "--bind-interfaces", $"--port={EndPoint.Port}",
            "--pid-file=", "--log-facility=-", "--local=/test/", "--local-ttl=60", "--host-record=up.test,127.0.0.1", "--host-record=one.test,10.0.0.1",
            "--host-record=two.test,10.0.0.1,fd00::1", "--host-record=two.test,10.0.0.2,fd00::2", "--host-record=mixed.test,10.0.0.3", "--host-record=zero.test,10.0.0.1,0",
            "--host-record=day.test,10.0.0.1,86400", "--txt-record=text.test,no address", "--srv-host=_http._tcp.test,one.test,8080,1,60", "--srv-host=_http._tcp.test,two.test,8081,1,40", "--cname=c1.test,c2.test,20", "--cname=c2.test,c3.test,40", "--cname=c3.test,two.test,60",
            .. Enumerable.Range(1, 200).Select(host => $"--host-record=big.test,10.1.0.{host}"),
        ]);

    private ChildProcess StartNamed()
    {
        _folder.Write("named.conf", $$"""
            options {
                directory "{{_folder.FullName}}"; pid-file none; session-keyfile none; recursion no; notify no;
                listen-on port {{EndPoint.Port}} { 127.0.0.1; }; listen-on-v6 { none; }; max-udp-size 1232; max-records-per-type 0;
            };
            controls { };
            zone "test" { type primary; file "test.zone"; };
            zone "servfail.test" { type primary; file "missing.zone"; };

            """);
        return ChildProcess.Start("named", "-g", "-c", _folder["named.conf"]);
    }

    private ChildProcess StartKnot()
    {
        _folder.Write("knot.conf", $"""
            server:
                listen: 127.0.0.1@{EndPoint.Port}
                rundir: {_folder.FullName}
            database:
                storage: {_folder.FullName}
            zone:
              - domain: test
                storage: {_folder.FullName}
                file: test.zone
              - domain: servfail.test
                storage: {_folder.FullName}
                file: missing.zone

            """);
        return ChildProcess.Start("knotd", "-c", _folder["knot.conf"]);
    }

    // Asks the zone as a cache asks an authority, and answers as a cache does.
    private ChildProcess StartUnbound()
    {
        _folder.Write("empty.zone", "");
        _folder.Write("unbound.conf", $"""
            server:
                interface: 127.0.0.1@{EndPoint.Port}
                directory: "{_folder.FullName}"
                chroot: ""
                username: ""
                pidfile: ""
                use-syslog: no
                do-not-query-localhost: no
                module-config: "iterator"
                local-zone: "test." nodefault
                local-zone: "example." refuse
            auth-zone:
                name: "test"
                zonefile: "{_folder["test.zone"]}"
                for-downstream: no
                for-upstream: yes
            auth-zone:
                name: "servfail.test"
                zonefile: "{_folder["empty.zone"]}"
                for-downstream: no
                for-upstream: yes
            auth-zone:
                name: "example"
                zonefile: "{_folder["empty.zone"]}"
                for-downstream: no
                for-upstream: yes
            remote-control:
                control-enable: no

            """);
        return ChildProcess.Start("unbound", "-d", "-c", _folder["unbound.conf"]);
    }
}
