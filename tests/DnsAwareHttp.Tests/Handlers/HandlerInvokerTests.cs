using DnsAwareHttp.Handlers;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Handlers;

public sealed class HandlerInvokerTests
{
    private static readonly HttpRequestMessage Request = new(HttpMethod.Get, "http://svc.test/");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Invoke_TheHandlerAnswers_ReturnsItsResponse(bool async)
    {
        using HttpResponseMessage response = new();
        using HandlerInvoker invoker = new(new StubHandler((_, _) => Task.FromResult(response)));

        (await invoker.InvokeAsync(Request, async, CancellationToken.None)).Should().BeSameAs(response);
    }

    [Fact]
    public void Invoke_Async_TheHandlerThrowsAtOnce_ThrowsAtOnce()
    {
        using HandlerInvoker invoker = new(new StubHandler(static (_, _) => throw new NotSupportedException()));

        invoker.Invoking(it => { _ = it.InvokeAsync(Request, async: true, CancellationToken.None); }).Should().Throw<NotSupportedException>();
    }

    [Fact]
    public void Invoke_OnThisThread_TheHandlerThrows_IsAFailedTask()
    {
        using HandlerInvoker invoker = new(new StubHandler(static (_, _) => throw new NotSupportedException()));

        Task<HttpResponseMessage> sending = invoker.InvokeAsync(Request, async: false, CancellationToken.None);

        sending.IsFaulted.Should().BeTrue("the task is complete when the call returns");
        sending.Exception!.InnerException.Should().BeOfType<NotSupportedException>();
    }

    [Fact]
    public void Invoke_OnThisThread_RunsOnTheCallersThread()
    {
        int thread = 0;
        using HandlerInvoker invoker = new(new StubHandler((_, _) =>
        {
            thread = Environment.CurrentManagedThreadId;
            return Task.FromResult(new HttpResponseMessage());
        }));

        invoker.InvokeAsync(Request, async: false, CancellationToken.None).IsCompletedSuccessfully.Should().BeTrue();

        thread.Should().Be(Environment.CurrentManagedThreadId);
    }

    [Fact]
    public void Dispose_DisposesTheHandler()
    {
        StubHandler handler = new();

        new HandlerInvoker(handler).Dispose();

        handler.Disposed.IsCompleted.Should().BeTrue();
    }
}
