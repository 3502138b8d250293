using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests;

public sealed class SessionHandlerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AllRequestsOfAHandler_HaveOneKey_AndAnotherHandlerHasAnother(bool isAsync)
    {
        using StubHandler inner = new();
        using SessionHandler one = new(inner, disposeInnerHandler: false);
        using SessionHandler other = new(inner, disposeInnerHandler: false);

        string? first = await KeyOf(one, isAsync);
        first.Should().NotBeNullOrEmpty();
        (await KeyOf(one, isAsync)).Should().Be(first);
        (await KeyOf(other, isAsync)).Should().NotBeNullOrEmpty().And.NotBe(first);
    }

    [Fact]
    public async Task KeyOfTheApplication_IsKept()
    {
        using SessionHandler handler = new(new StubHandler());

        (await KeyOf(handler, isAsync: true, own: "mine")).Should().Be("mine");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Dispose_DisposesTheInnerHandlerUnlessItIsShared(bool disposesInner)
    {
        StubHandler inner = new();

        new SessionHandler(inner, disposesInner).Dispose();

        inner.Disposed.IsCompleted.Should().Be(disposesInner);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void HandlerWithin_WithoutSessions_IsAMistake(bool isDirect)
    {
        using DnsAwareHandler within = new(new SocketsHttpHandler());

        FluentActions.Invoking(() => new SessionHandler(isDirect ? within : new Outer(within)))
            .Should().Throw<InvalidOperationException>().WithMessage("*DnsAwareOptions.SessionAffinity = new()*");
    }

    [Fact]
    public void HandlerWithin_ThatKeepsSessions_IsTaken()
    {
        using SessionHandler handler = new(
            new Outer(new DnsAwareHandler(new SocketsHttpHandler(), new DnsAwareOptions { SessionAffinity = new SessionAffinityOptions() })));

        handler.InnerHandler.Should().BeOfType<Outer>();
    }

    [Fact]
    public void NoHandlerWithin_IsAMistake() =>
        FluentActions.Invoking(() => new SessionHandler(null!)).Should().Throw<ArgumentNullException>().WithParameterName("innerHandler");

    private static async Task<string?> KeyOf(SessionHandler handler, bool isAsync, string? own = null)
    {
        using HttpMessageInvoker invoker = new(handler, disposeHandler: false);
        using HttpRequestMessage request = new(HttpMethod.Get, "http://svc.test/");
        if (own is not null)
        {
            request.Options.Set(DnsAwareHandler.SessionKey, own);
        }

        using HttpResponseMessage response = isAsync ? await invoker.SendAsync(request, default) : invoker.Send(request, default);
        return request.Options.TryGetValue(DnsAwareHandler.SessionKey, out string? key) ? key : null;
    }

    private sealed class Outer(HttpMessageHandler inner) : DelegatingHandler(inner);
}
