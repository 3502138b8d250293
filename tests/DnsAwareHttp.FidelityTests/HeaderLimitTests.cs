namespace DnsAwareHttp.FidelityTests;

/// <summary>MaxResponseHeadersLength: where the limit lies, over both versions, and what is told of it.</summary>
public sealed class HeaderLimitTests
{
    [Theory]
    [InlineData(1, "one", 800, true)]
    [InlineData(1, "one", 1100, false)]
    [InlineData(1, "many", 800, true)]
    [InlineData(1, "many", 1100, false)]
    [InlineData(1, "reason", 1100, false)]
    [InlineData(64, "one", 60_000, true)]
    [InlineData(64, "one", 66_000, false)]
    [InlineData(1, "trailers", 1100, false)]
    [InlineData(1, "informational", 400, true)]
    [InlineData(1, "informational", 900, false)]
    [InlineData(200, "one", 100_000, true)]
    public async Task Http11_LongHeaders_AreRefusedAtTheSameLength(int kilobytes, string where, int size, bool isFine)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(_ => Response(where, size));
            HttpClient client = trial.Client(new SocketsHttpHandler { MaxResponseHeadersLength = kilobytes });
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/");
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/again");
            trial.Transcript.Write($"{server.Connections.Count} connections");
        });

        seen.Contains("length exceeded the set limit of", StringComparison.Ordinal).Should().Be(!isFine, seen[..Math.Min(500, seen.Length)]);
    }

    [Theory]
    [InlineData(1, 800, true)]
    [InlineData(1, 1100, false)]
    [InlineData(64, 60_000, true)]
    [InlineData(64, 66_000, false)]
    public async Task Http2_LongHeaders_AreRefusedAtTheSameLength(int kilobytes, int size, bool isFine)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            FrameServer server = new(trial, async connection =>
            {
                while (await connection.ReadRequestAsync() is int stream)
                {
                    await connection.WriteHeadAsync(stream, true, (":status", "200"), ("x-long", new string('a', size)));
                }
            });
            HttpClient client = trial.Client(new SocketsHttpHandler { MaxResponseHeadersLength = kilobytes });
            await trial.AskAsync(client, server.Uri, Asking.OverHttp2);
            await trial.AskAsync(client, server.Uri, Asking.OverHttp2);
            trial.Transcript.Write(server.Frames);
        });

        seen.Contains("length exceeded the set limit of", StringComparison.Ordinal).Should().Be(!isFine, seen[..Math.Min(500, seen.Length)]);
        seen.Should().Contain("SETTINGS flags 0");
    }

    private static string Response(string where, int size)
    {
        string filling = new('a', size);
        return where switch
        {
            "one" => $"HTTP/1.1 200 OK\r\nX-Long: {filling}\r\nContent-Length: 5\r\n\r\nhello",
            "many" => $"HTTP/1.1 200 OK\r\n{string.Concat(Enumerable.Range(0, size / 10).Select(static i => $"X-{i % 10}: {i:000}\r\n"))}Content-Length: 5\r\n\r\nhello",
            "reason" => $"HTTP/1.1 200 {filling}\r\nContent-Length: 5\r\n\r\nhello",
            "trailers" => $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Long: {filling}\r\n\r\n",
            _ => $"HTTP/1.1 103 Early Hints\r\nX-Long: {filling}\r\n\r\nHTTP/1.1 200 OK\r\nX-Long: {filling}\r\nContent-Length: 5\r\n\r\nhello",
        };
    }
}
