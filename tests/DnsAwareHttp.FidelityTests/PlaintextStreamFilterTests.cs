
namespace DnsAwareHttp.FidelityTests;

/// <summary>PlaintextStreamFilter: once for each connection, with the request that it is opened for.</summary>
public sealed class PlaintextStreamFilterTests
{
    [Theory]
    [InlineData("http1", "filter GET http://svc.test:PORT/0 1.1 NetworkStream")]
    [InlineData("h2c", "filter GET http://svc.test:PORT/0 2.0 NetworkStream")]
    [InlineData("tls", "filter GET https://svc.test:PORT/0 1.1 SslStream")]
    public async Task IsCalledOnceForEachConnection(string kind, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            int calls = 0;
            SocketsHttpHandler settings = Trial.TrustingAll(new SocketsHttpHandler
            {
                PlaintextStreamFilter = (context, _) =>
                {
                    Interlocked.Increment(ref calls);
                    HttpRequestMessage request = context.InitialRequestMessage;
                    trial.Transcript.Write($"filter {request.Method} {request.RequestUri} {context.NegotiatedHttpVersion} {(context.PlaintextStream is System.Net.Sockets.NetworkStream ? "NetworkStream" : context.PlaintextStream.GetType().Name)}");
                    return new(context.PlaintextStream);
                },
            });
            string uri = kind == "h2c"
                ? new FrameServer(trial, FrameServer.AnswerAllAsync).Uri
                : $"http{(kind == "tls" ? "s" : "")}://svc.test:{trial.Serve(RawServer.Answering(static _ => RawServer.Ok), kind == "tls" ? RawServer.Tls() : null).Port}/";
            HttpClient client = trial.Client(settings);
            for (int i = 0; i < 3; i++)
            {
                await trial.AskAsync(client, uri + i, kind == "h2c" ? Asking.OverHttp2 : null);
            }

            trial.Transcript.Write($"{calls} calls");
        });

        seen.Should().Contain(expected).And.EndWith("\n1 calls");
    }

    [Theory]
    [InlineData("throws", "HttpRequestException")]
    [InlineData("fails later", "HttpRequestException")]
    [InlineData("null", "HttpRequestException")]
    [InlineData("cancels", "Exception")]
    public async Task Fails_TheRequestFailsTheSame(string how, string expected)
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            SocketsHttpHandler settings = new()
            {
                PlaintextStreamFilter = async (context, _) =>
                {
                    if (how == "throws")
                    {
                        throw new InvalidOperationException("no filter");
                    }

                    await Task.Yield();
                    return how switch
                    {
                        "fails later" => throw new IOException("no filter"),
                        "cancels" => throw new OperationCanceledException("no filter"),
                        _ => null!,
                    };
                },
            };
            HttpClient client = trial.Client(settings);
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/");
            await trial.AskAsync(client, $"http://svc.test:{server.Port}/");

            // The filter fails sooner than the server may have accepted.
            await Eventually.Holds(() => server.Connections.Count >= 2, "the server saw both");
            trial.Transcript.Write($"{server.Connections.Count} connections");
        });

        seen.Should().Contain(expected).And.EndWith("\n2 connections");
    }

    [Fact]
    public async Task Wraps_TheBytesGoThroughIt()
    {
        string seen = await Twice.SameAsync(async trial =>
        {
            RawServer server = trial.Serve(static _ => RawServer.Ok);
            await trial.AskAsync(trial.Client(new SocketsHttpHandler { PlaintextStreamFilter = GreetAsync }), $"http://svc.test:{server.Port}/");
            trial.Transcript.Write(server.Wire);
        });

        seen.Should().Contain("--- connection 0\nGET /filter HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n");
    }

    private static async ValueTask<Stream> GreetAsync(SocketsHttpPlaintextStreamFilterContext context, CancellationToken cancellationToken)
    {
        await context.PlaintextStream.WriteAsync("GET /filter HTTP/1.1\r\n\r\n"u8.ToArray(), cancellationToken);
        await context.PlaintextStream.ReadExactlyAsync(new byte[RawServer.Ok.Length], cancellationToken);
        return new BufferedStream(context.PlaintextStream);
    }
}
