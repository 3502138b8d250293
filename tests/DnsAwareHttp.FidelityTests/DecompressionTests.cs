using System.IO.Compression;
using System.Net;
using System.Text;

namespace DnsAwareHttp.FidelityTests;

/// <summary>AutomaticDecompression: what is asked for, and what comes of content that is compressed, is not, or says so wrongly.</summary>
public sealed class DecompressionTests
{
    private const string Text = "some text, some text, some text, some text";

    [Theory]
    [InlineData(DecompressionMethods.None, "gzip", "gzip", "content header Content-Encoding: gzip")]
    [InlineData(DecompressionMethods.GZip, "gzip", "gzip", Text)]
    [InlineData(DecompressionMethods.Deflate, "deflate", "deflate", Text)]
    [InlineData(DecompressionMethods.Brotli, "br", "br", Text)]
    [InlineData(DecompressionMethods.All, "gzip", "gzip", Text)]
    [InlineData(DecompressionMethods.All, "deflate", "deflate", Text)]
    [InlineData(DecompressionMethods.All, "br", "br", Text)]
    [InlineData(DecompressionMethods.All, "GZIP", "gzip", Text)]
    [InlineData(DecompressionMethods.All, "identity", "identity", Text)]
    [InlineData(DecompressionMethods.GZip, "br", "br", "content header Content-Encoding: br")]
    [InlineData(DecompressionMethods.All, "compress", "identity", "content header Content-Encoding: compress")]
    [InlineData(DecompressionMethods.All, "gzip, br", "gzip then br", "content header Content-Encoding: gzip")]
    [InlineData(DecompressionMethods.All, "gzip", "identity", "content failed")]
    [InlineData(DecompressionMethods.All, "br", "gzip", "content failed")]
    [InlineData(DecompressionMethods.All, "gzip", "half of gzip", "content: ")]
    [InlineData(DecompressionMethods.All, "gzip", "nothing", "content: 0 bytes")]
    public async Task Response_IsDecompressedWhereAskedFor(DecompressionMethods methods, string encoding, string body, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(_ => Response(encoding, body));
            using HttpClient client = trial.Client(new SocketsHttpHandler { AutomaticDecompression = methods });
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/");
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/again", request => request.Headers.Add("Accept-Encoding", "gzip;q=0.5, mine"));
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/head", request => request.Method = HttpMethod.Head);
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain(expected).And.Contain("Accept-Encoding: gzip; q=0.5, mine");
    }

    private static string Response(string encoding, string body)
    {
        string content = body switch
        {
            "identity" => Text,
            "nothing" => "",
            "gzip then br" => Compress("br", Compress("gzip", Text)),
            "half of gzip" => Compress("gzip", Text)[..20],
            _ => Compress(body, Text),
        };
        return $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: {encoding}\r\nContent-Length: {content.Length}\r\n\r\n{content}";
    }

    private static string Compress(string encoding, string text)
    {
        using MemoryStream compressed = new();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
            "deflate" => new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
            _ => new BrotliStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
        })
        {
            stream.Write(Encoding.Latin1.GetBytes(text));
        }

        return Encoding.Latin1.GetString(compressed.ToArray());
    }
}
