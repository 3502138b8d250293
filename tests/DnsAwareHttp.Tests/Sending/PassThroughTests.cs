using DnsAwareHttp.Handlers;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DnsAwareHttp.Tests.Sending;

public sealed class PassThroughTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Send_HandsTheCallOnAsItIsAndCountsIt(bool async)
    {
        using HttpRequestMessage request = new();
        using HttpResponseMessage response = new();
        using CancellationTokenSource cancellation = new();
        List<(HttpRequestMessage, bool, CancellationToken)> calls = [];
        PassThrough passThrough = new((sent, isAsync, token) =>
        {
            calls.Add((sent, isAsync, token));
            return Task.FromResult(response);
        });

        (await passThrough.SendAsync(request, null, mayDial: true, async, cancellation.Token)).Should().BeSameAs(response);

        calls.Should().Equal((request, async, cancellation.Token));
        passThrough.Count.Should().Be(1);
    }

    [Theory]
    [InlineData(true, "dials")]
    [InlineData(false, "does not dial")]
    public async Task Send_MayNotDial_GoesThroughTheHandlerThatCannotConnect(bool mayDial, string expected)
    {
        PassThrough passThrough = new(static (_, _, _) => Answer("dials"), static (_, _, _) => Answer("does not dial"));

        using HttpResponseMessage response = await passThrough.SendAsync(new HttpRequestMessage(), null, mayDial, async: true, CancellationToken.None);

        response.ReasonPhrase.Should().Be(expected);

        static Task<HttpResponseMessage> Answer(string text) => Task.FromResult(new HttpResponseMessage { ReasonPhrase = text });
    }

    [Fact]
    public void Send_Throws_IsCountedAllTheSame()
    {
        PassThrough passThrough = new(static (_, _, _) => throw new NotSupportedException());

        passThrough.Invoking(it => it.SendAsync(new HttpRequestMessage(), null, mayDial: true, async: true, CancellationToken.None).GetAwaiter().GetResult())
            .Should().Throw<NotSupportedException>();

        passThrough.Count.Should().Be(1);
    }

    [Fact]
    public async Task GivesWayAgainAndAgainWhileRequestsFlow_NoneFailsAndAllAreCounted()
    {
        await using LoopbackServer server = await LoopbackServer.StartAsync(HttpProtocols.Http1, tls: false, null, "127.0.0.1");
        HandlerTemplate template = HandlerTemplate.ReadFrom(new SocketsHttpHandler());
        PassThrough first = PassThrough.Over(template);
        PassThrough current = first;
        int sent = 1;
        using HttpResponseMessage open = await Send("/gated");
        using CancellationTokenSource stop = new();
        Task[] loops = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(LoopAsync))];

        for (int rotation = 0; rotation < 20; rotation++)
        {
            PassThrough next = current.MakeSuccessor(template);
            current.GiveWayTo(next);
            current = next;
            int before = Volatile.Read(ref sent);
            await Eventually.Holds(() => Volatile.Read(ref sent) > before + 4, "requests flow");
        }

        await stop.CancelAsync();
        await Task.WhenAll(loops);
        first.Count.Should().Be(sent);
        server.Gate.SetResult();
        (await open.Content.ReadAsStringAsync()).Should().NotBeEmpty("its body outlives the handler that it came through");
        current.Dispose();

        async Task LoopAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                using HttpResponseMessage response = await Send("/whoami");
                (await response.Content.ReadAsStringAsync()).Should().Be("127.0.0.1");
                Interlocked.Increment(ref sent);
            }
        }

        // All through the first one: a request may have found it just before it gave way.
        Task<HttpResponseMessage> Send(string path) => first.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{server.Port}{path}"), null, mayDial: true, async: true, CancellationToken.None);
    }
}
