using System.Net.Sockets;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Pools;

public sealed class LateDialsTests : IDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(250);

    private readonly ManualTimeProvider _clock = new();
    private readonly HttpRequestMessage _request = new();
    private readonly TaskCompletionSource<Socket> _dial = new();
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Task<Socket>> _kept = [];
    private readonly LateDials _late;

    public LateDialsTests() => _late = new LateDials(Delay, _clock) { HaveCompany = true };

    public void Dispose()
    {
        _request.Dispose();
        _socket.Dispose();
    }

    [Fact]
    public async Task InTime_TheRequestHasTheSocketAndNoTimerIsLeft()
    {
        Task<Socket> waiting = Await();

        _dial.SetResult(_socket);

        (await waiting).Should().BeSameAs(_socket);
        _kept.Should().BeEmpty();
        _clock.ActiveTimers.Should().Be(0);
    }

    [Fact]
    public async Task Late_TheRequestFailsAndTheDialGoesOn()
    {
        Task<Socket> waiting = Await();
        _clock.Advance(Delay);

        await waiting.Invoking(task => task).Should().ThrowAsync<LateDialException>();
        _late.Any.Should().BeTrue();
        _dial.SetResult(_socket);

        (await _kept.Single()).Should().BeSameAs(_socket);
        _late.Any.Should().BeFalse();
    }

    [Fact]
    public async Task AnotherDialIsLate_TheRequestDoesNotWaitForOneOfItsOwn()
    {
        Task<Socket> waiting = Await();
        _clock.Advance(Delay);
        await waiting.Invoking(task => task).Should().ThrowAsync<LateDialException>();

        await FluentActions.Awaiting(Await).Should().ThrowAsync<LateDialException>();

        _kept.Should().HaveCount(1);
        _dial.SetException(new SocketException((int)SocketError.TimedOut));
        await _kept.Single().Invoking(task => task).Should().ThrowAsync<SocketException>();
        _late.Any.Should().BeFalse("a dial that failed is late no longer");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task NoOtherEndpointOrItWasThere_WaitsAsLongAsItTakes(bool isAlone)
    {
        _late.HaveCompany = !isAlone;
        if (!isAlone)
        {
            _late.KeepHere(_request);
        }

        Task<Socket> waiting = Await();
        _clock.Advance(100 * Delay);
        waiting.IsCompleted.Should().BeFalse();
        _dial.SetResult(_socket);

        (await waiting).Should().BeSameAs(_socket);
    }

    [Fact]
    public void Exception_IsTheCauseOfTheErrorThatTheRuntimeMakesOfIt()
    {
        LateDialException.IsCauseOf(new HttpRequestException(HttpRequestError.ConnectionError, "", new LateDialException())).Should().BeTrue();
        LateDialException.IsCauseOf(new HttpRequestException(HttpRequestError.ConnectionError, "", new SocketException())).Should().BeFalse();
        LateDialException.IsCauseOf(new LateDialException()).Should().BeFalse();
    }

    private Task<Socket> Await() => _late.AwaitAsync(_request, () => _dial.Task, _kept.Add).AsTask();
}
