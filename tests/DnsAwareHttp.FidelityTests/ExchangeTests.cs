namespace DnsAwareHttp.FidelityTests;

/// <summary>Plain requests and responses over HTTP/1.1, byte by byte.</summary>
public sealed class ExchangeTests
{
    [Theory]
    [InlineData("GET", null)]
    [InlineData("HEAD", null)]
    [InlineData("POST", "the content")]
    [InlineData("PUT", "")]
    [InlineData("DELETE", null)]
    [InlineData("PATCH", "a change")]
    [InlineData("OPTIONS", null)]
    [InlineData("BREW", "coffee")]
    public async Task Method_IsSentAsItIs(string method, string? content)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(request => request.Method == "HEAD" ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" : RawServer.Ok);
            using HttpRequestMessage request = new(new HttpMethod(method), $"http://svc.test:{server.Port}/path?q=1#part");
            request.Content = content is null ? null : new StringContent(content);
            await trial.SendAsync(trial.Client(), request);
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("HTTP/1.1 200 OK").And.Contain($"{method} /path?q=1 HTTP/1.1\r\nHost: svc.test:PORT\r\n");
    }

    [Fact]
    public async Task NobodyListens_FailsTheSame()
    {
        string seen = await Twice.SameWithoutNamesAsync(async trial =>
        {
            int port = LoopbackServer.FreePort();
            trial.Transcript.Name(port, "PORT");
            await trial.GetAsync($"http://127.0.0.1:{port}/");
        });

        seen.Should().Contain($"HttpRequestException {HttpRequestError.ConnectionError}");
    }
}
