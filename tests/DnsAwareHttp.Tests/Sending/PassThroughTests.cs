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

        (await passThrough.SendAsync(request, async, cancellation.Token)).Should().BeSameAs(response);

        calls.Should().Equal((request, async, cancellation.Token));
        passThrough.Count.Should().Be(1);
    }

    [Fact]
    public void Send_Throws_IsCountedAllTheSame()
    {
        PassThrough passThrough = new(static (_, _, _) => throw new NotSupportedException());

        passThrough.Invoking(it => it.SendAsync(new HttpRequestMessage(), true, CancellationToken.None).GetAwaiter().GetResult())
            .Should().Throw<NotSupportedException>();

        passThrough.Count.Should().Be(1);
    }
}
