using System.IO.Compression;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.FidelityTests;

/// <summary>The same settings against a real HTTP/2 server, over TLS and clear text, and against HTTP/1.1 over TLS.</summary>
public sealed class Http2KestrelTests
{
    public static TheoryData<string, HttpProtocols, bool> Cases()
    {
        TheoryData<string, HttpProtocols, bool> cases = [];
        foreach (string what in new[] { "/trailers", "/gzip", "/large", "/early", "/empty", "/long-head" })
        {
            cases.Add(what, HttpProtocols.Http2, true);
            cases.Add(what, HttpProtocols.Http2, false);
            if (what != "/trailers")
            {
                cases.Add(what, HttpProtocols.Http1, true);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Exchange_LooksTheSameToBothSides(string what, HttpProtocols protocols, bool tls)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            LoopbackServer server = await trial.ServeAsync(protocols, tls, Map);
            SocketsHttpHandler settings = Trial.TrustingAll(new SocketsHttpHandler
            {
                AutomaticDecompression = DecompressionMethods.All,
                MaxResponseHeadersLength = 4,
                InitialHttp2StreamWindowSize = 70_000,
                EnableMultipleHttp2Connections = true,
            });
            HttpClient client = trial.Client(settings);
            for (int i = 0; i < 2; i++)
            {
                await trial.AskAsync(client, $"http{(tls ? "s" : "")}://svc.test:{server.Port}{what}", request =>
                {
                    if (protocols is HttpProtocols.Http2)
                    {
                        Asking.OverHttp2(request);
                    }

                    if (what == "/early")
                    {
                        Asking.Posting(new StringContent("the content"))(request);
                        request.Headers.ExpectContinue = true;
                    }
                });
            }

            trial.Transcript.Write($"{server.ConnectionsTo("127.0.0.1")} connections");
        });

        string expected = what switch
        {
            "/trailers" => "trailer x-sum: 5",
            "/gzip" => "content: 19 bytes: compressed, by half",
            "/large" => "content: 3000000 bytes",
            "/early" => " 403 ",
            "/empty" => " 204 ",
            _ => "HttpRequestException",
        };
        seen.Should().Contain(expected);
    }

    private static void Map(WebApplication app)
    {
        app.MapGet("/trailers", static async (HttpContext context) =>
        {
            context.Response.DeclareTrailer("X-Sum");
            await context.Response.WriteAsync("hello");
            context.Response.AppendTrailer("X-Sum", "5");
        });
        app.MapGet("/gzip", static async (HttpContext context) =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            context.Response.Headers["X-Asked"] = context.Request.Headers.AcceptEncoding;
            using MemoryStream compressed = new();
            await using (GZipStream gzip = new(compressed, CompressionLevel.Optimal, leaveOpen: true))
            {
                gzip.Write("compressed, by half"u8);
            }

            await context.Response.Body.WriteAsync(compressed.ToArray());
        });
        app.MapGet("/large", static (HttpContext context) => context.Response.Body.WriteAsync(new byte[3_000_000]).AsTask());
        app.MapPost("/early", static () => Results.StatusCode(403));
        app.MapGet("/empty", static () => Results.NoContent());
        app.MapGet("/long-head", static (HttpContext context) => context.Response.Headers["X-Long"] = new string('a', 6000));
    }
}
