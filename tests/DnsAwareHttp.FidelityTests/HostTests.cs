using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.FidelityTests;

/// <summary>The many ways to write a host: what the server is told, and what the request's URI is afterwards.</summary>
public sealed class HostTests
{
    private const string LongLabel = "a23456789-b23456789-c23456789-d23456789-e23456789-f23456789-g23";

    /// <summary>A host as it is written, the name that is resolved for it, and what the Host header is.</summary>
    public static TheoryData<string, string?, string> Names() => new()
    {
        { "svc.test", "svc.test", "svc.test" },
        { "SVC.Test", "svc.test", "svc.test" },
        { "svc.test.", "svc.test.", "svc.test." },
        { "under_score.svc.test", "under_score.svc.test", "under_score.svc.test" },
        { "-dash-.test", "-dash-.test", "-dash-.test" },
        { "single", "single", "single" },
        { "123.test", "123.test", "123.test" },
        { "b\u00fccher.test", "xn--bcher-kva.test", "xn--bcher-kva.test" },
        { "B\u00dcCHER.test", "xn--bcher-kva.test", "xn--bcher-kva.test" },
        { "xn--bcher-kva.test", "xn--bcher-kva.test", "xn--bcher-kva.test" },
        { "stra\u00dfe.test", "xn--strae-oqa.test", "xn--strae-oqa.test" },
        { "\u4f8b\u3048.test", "xn--r8jz45g.test", "xn--r8jz45g.test" },
        { "svc\u3002test", "svc.test", "svc.test" },
        { "xn--.test", "xn--.test", "xn--.test" },
        { "999.0.0.1", "999.0.0.1", "999.0.0.1" },
        { "127.0.0.1.1", "127.0.0.1.1", "127.0.0.1.1" },
        { LongLabel + ".test", LongLabel + ".test", LongLabel + ".test" },
        { "user:secret@svc.test", "svc.test", "svc.test" },
        { "user%40corp@svc.test", "svc.test", "svc.test" },
    };

    public static TheoryData<string, string, string> Literals() => new()
    {
        { "127.0.0.1", "127.0.0.1", "127.0.0.1" },
        { "127.1", "127.0.0.1", "127.0.0.1" },
        { "127.0.1", "127.0.0.1", "127.0.0.1" },
        { "0x7f.1", "127.0.0.1", "127.0.0.1" },
        { "0177.0.0.1", "127.0.0.1", "127.0.0.1" },
        { "2130706433", "127.0.0.1", "127.0.0.1" },
        { "127.0.0.2", "127.0.0.2", "127.0.0.2" },
        { "user@127.0.0.1", "127.0.0.1", "127.0.0.1" },
        { "[::1]", "::1", "[::1]" },
        { "[0:0:0:0:0:0:0:1]", "::1", "[::1]" },
        { "[::0001]", "::1", "[::1]" },
        { "[::1%251]", "::1", "[::1]" },
        { "[::1%25lo]", "::1", "[::1]" },
        { "[::1%1]", "::1", "[::1]" },
        { "[::1%lo]", "::1", "[::1]" },
        { "[::ffff:127.0.0.1]", "127.0.0.1", "[::ffff:127.0.0.1]" },
        { "[::ffff:7f00:1]", "127.0.0.1", "[::ffff:127.0.0.1]" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Name_IsTheSameInTheHostHeader(string written, string? resolved, string header)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Host(resolved!, "127.0.0.1");
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            await trial.GetAsync($"http://{written}:{server.Port}/path");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain($"GET /path HTTP/1.1\r\nHost: {header}:PORT\r\n").And.Contain("HTTP/1.1 200 OK");
    }

    [Theory]
    [MemberData(nameof(Literals))]
    public async Task Literal_IsDialledAndTheSameInTheHostHeader(string written, string listening, string header)
    {
        string seen = await Twice.SameWithoutNamesAsync(async trial =>
        {
            RawServer server = trial.Serve(RawServer.Answering(static _ => RawServer.Ok), null, "PORT", listening);
            await trial.GetAsync($"http://{written}:{server.Port}/path");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain($"GET /path HTTP/1.1\r\nHost: {header}:PORT\r\n").And.Contain("HTTP/1.1 200 OK");
    }

    [Theory]
    [InlineData("[fe80::1%25lo]")]
    [InlineData("[fe80::1%251]")]
    [InlineData("[fe80::1%25nowhere]")]
    [InlineData("127.0.0.255")]
    [InlineData("255.255.255.255")]
    [InlineData("0.0.0.0")]
    [InlineData("[::]")]
    [InlineData("[::ffff:0.0.0.0]")]
    public async Task LiteralWhereNobodyListens_FailsTheSame(string written)
    {
        string seen = await Twice.SameWithoutNamesAsync(async trial =>
        {
            int port = LoopbackServer.FreePort();
            trial.Transcript.Name(port, "PORT");
            await trial.GetAsync($"http://{written}:{port}/");
        });

        seen.Should().Contain("HttpRequestException");
    }

    [Theory]
    [InlineData("http:///path")]
    [InlineData("http://:80/")]
    [InlineData("http://svc.test:0/")]
    [InlineData("http://svc..test/")]
    [InlineData("http://.svc.test/")]
    [InlineData("http://svc.test:65536/")]
    [InlineData("http://[::1/")]
    [InlineData("http://%73vc.test/")]
    [InlineData("http://sv c.test/")]
    [InlineData("http://\u00fc\u00fc" + LongLabel + ".test/")]
    public async Task HostThatIsNone_FailsTheSame(string uri)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            try
            {
                await trial.GetAsync(uri);
            }
            catch (UriFormatException malformed)
            {
                trial.Transcript.Write(malformed);
            }
        });

        seen.Should().Contain("Exception");
    }

    /// <summary>No name server is asked for these. A bare handler reports what the operating system makes of them, not always as a name that is not known.</summary>
    [Theory]
    [InlineData(LongLabel + "4.test")]
    [InlineData(LongLabel + "." + LongLabel + "." + LongLabel + "." + LongLabel + ".test")]
    public async Task NameThatIsTooLong_IsNotKnown(string host)
    {
        await using Trial trial = new(isOurs: true) { AsksTheSystem = true };

        await trial.GetAsync($"http://{host}/");

        trial.Transcript.ToString().Should().StartWith("HttpRequestException NameResolutionError").And.Contain($"({host}:80)").And.Contain("SocketException HostNotFound");
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST")]
    public async Task Localhost_IsThisHostWithoutAskingAnyone(string host)
    {
        string seen = await Twice.SameAsync(
            async trial =>
            {
                RawServer server = trial.Serve(static _ => RawServer.Ok);
                await trial.GetAsync($"http://{host}:{server.Port}/");
                trial.Transcript.Write(server.Wire);
            },
            static isOurs => new Trial(isOurs) { NeedsNames = false, AsksTheSystem = true });

        seen.Should().Contain("Host: localhost:PORT\r\n").And.Contain("HTTP/1.1 200 OK");
    }

    /// <summary>A bare handler leaves these to the operating system, which may not know them (RFC 6761 section 6.3 wants that it does).</summary>
    [Theory]
    [InlineData("foo.localhost")]
    [InlineData("a.b.LocalHost")]
    [InlineData("localhost.")]
    [InlineData("foo.localhost.")]
    public async Task NameBelowLocalhost_IsThisHost(string host)
    {
        await using Trial trial = new(isOurs: true) { AsksTheSystem = true };
        RawServer server = trial.Serve(static _ => RawServer.Ok);

        await trial.GetAsync($"http://{host}:{server.Port}/");

        trial.Transcript.ToString().Should().Contain("HTTP/1.1 200 OK");
        server.Wire.Should().Contain($"Host: {host.ToLowerInvariant()}:{server.Port}\r\n");
    }

    [Theory]
    [InlineData("other.test")]
    [InlineData("other.test:8080")]
    [InlineData("127.0.0.1")]
    [InlineData("svc.test")]
    [InlineData("b\u00fccher.test")]
    [InlineData("UPPER.test")]
    public async Task HostHeaderOfTheCaller_IsSentAsItIs(string header)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            HttpClient client = trial.Client();
            foreach (string? host in new[] { header, null, header })
            {
                using HttpRequestMessage request = new(HttpMethod.Get, $"http://svc.test:{server.Port}/");
                request.Headers.Host = host;
                await trial.SendAsync(client, request);
            }

            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("GET / HTTP/1.1\r\nHost: svc.test:PORT\r\n");
    }

    [Theory]
    [InlineData("http://svc.test/", "http://svc.test/", "svc.test")]
    [InlineData("http://svc.test:80/", "http://svc.test/", "svc.test")]
    [InlineData("http://svc.test:443/", "http://svc.test:443/", "svc.test:443")]
    [InlineData("http://svc.test:080/", "http://svc.test/", "svc.test")]
    [InlineData("http://svc.test:/", "http://svc.test/", "svc.test")]
    [InlineData("http://[::1]:80/", "http://[::1]/", "[::1]")]
    [InlineData("http://svc.test:8080/", "http://svc.test:8080/", "svc.test:8080")]
    public async Task Port_IsNamedUnlessItIsTheSchemesOwn(string uri, string target, string header)
    {
        // Through a proxy, so that no test needs a privileged port.
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer proxy = trial.Serve(static _ => RawServer.Ok);
            await trial.GetAsync(uri, new SocketsHttpHandler { Proxy = new WebProxy($"http://127.0.0.1:{proxy.Port}") });
            trial.Transcript.Write(proxy.Wire);
        });

        seen.Should().Contain($"GET {target} HTTP/1.1\r\nHost: {header}\r\n");
    }

    [Theory]
    [InlineData("svc.test", "svc.test", "svc.test")]
    [InlineData("SVC.test", "svc.test", "svc.test")]
    [InlineData("svc.test.", "svc.test.", "svc.test.")]
    [InlineData("b\u00fccher.test", "xn--bcher-kva.test", "xn--bcher-kva.test")]
    [InlineData("user@svc.test", "svc.test", "svc.test")]
    public async Task Authority_OverHttp2_IsTheSame(string written, string resolved, string authority)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            trial.Host(resolved, "127.0.0.1");
            LoopbackServer server = await trial.ServeAsync(HttpProtocols.Http2, tls: false, static app => app.MapGet("/host", static (HttpContext context) => $"authority {context.Request.Host}"));
            using HttpRequestMessage request = new(HttpMethod.Get, $"http://{written}:{server.Port}/host") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            await trial.SendAsync(trial.Client(), request);
        });

        seen.Should().Contain($"authority {authority}:PORT").And.Contain("HTTP/2.0 200");
    }

    [Fact]
    public async Task HostHeaderOfTheCaller_OverHttp2_IsTheAuthority()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await trial.ServeAsync(HttpProtocols.Http2, tls: false, static app => app.MapGet("/host", static (HttpContext context) => $"authority {context.Request.Host}"));
            HttpClient client = trial.Client();
            foreach (string? host in new[] { "other.test:81", null })
            {
                using HttpRequestMessage request = new(HttpMethod.Get, $"http://svc.test:{server.Port}/host") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
                request.Headers.Host = host;
                await trial.SendAsync(client, request);
            }

            trial.Transcript.Write($"{server.ConnectionsTo("127.0.0.1")} connections");
        });

        seen.Should().Contain("authority other.test:81").And.Contain("authority svc.test:PORT").And.Contain("1 connections");
    }

    [Fact]
    public async Task NameThatIsALiteralInHex_IsResolvedByNobody()
    {
        string seen = await Twice.SameWithoutNamesAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            await trial.GetAsync($"http://0x7f000001:{server.Port}/");
            trial.Transcript.Write(server.Connections[0].Local.AddressFamily == AddressFamily.InterNetwork ? "v4" : "v6");
        });

        seen.Should().Contain("HTTP/1.1 200 OK").And.EndWith("v4");
    }
}
