using DnsAwareHttp.Sending;

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
}
