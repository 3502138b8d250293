using System.Runtime.CompilerServices;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests;

public sealed class DrainSignalTests
{
    [Fact]
    public void RequestWithoutASignal_HasNone() => DrainSignal.Of(new HttpRequestMessage()).Should().BeNull();

    [Fact]
    public void Signal_FiresWithTheEndpointThatItFollowsLast()
    {
        using CancellationTokenSource first = new(), second = new();
        DrainSignal signal = new();
        HttpRequestMessage request = new();
        request.Options.Set(DnsAwareHandler.DrainSignalKey, signal);
        DrainSignal.Of(request)!.Follow(first.Token);
        DrainSignal.Of(request)!.Follow(second.Token);

        first.Cancel();
        signal.Token.IsCancellationRequested.Should().BeFalse();
        second.Cancel();
        signal.Token.IsCancellationRequested.Should().BeTrue();
    }

    [Fact]
    public void SignalsOfRequestsThatAreOver_AreNotKeptByTheEndpoint()
    {
        using CancellationTokenSource endpoint = new();
        WeakReference[] signals = Follow(endpoint.Token);

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        signals.Should().OnlyContain(signal => !signal.IsAlive);
    }

    [Fact]
    public void TokenAlone_KeepsItsSignalWorking()
    {
        using CancellationTokenSource endpoint = new();
        CancellationToken token = TokenOf(endpoint.Token);
        GC.Collect();
        GC.WaitForPendingFinalizers();

        endpoint.Cancel();

        token.IsCancellationRequested.Should().BeTrue();
    }

    [Fact]
    public async Task RegistrationThatBlocksOrThrows_KeepsNoOtherSignalFromFiring()
    {
        using CancellationTokenSource endpoint = new();
        using ManualResetEventSlim gate = new();
        TaskCompletionSource fired = new(TaskCreationOptions.RunContinuationsAsynchronously);
        DrainSignal other = new(), blocking = new(), throwing = new();
        other.Token.Register(fired.SetResult);
        blocking.Token.Register(() => gate.Wait(TimeSpan.FromSeconds(30)));
        throwing.Token.Register(() => throw new InvalidOperationException("the application fails"));
        foreach (DrainSignal signal in new[] { other, blocking, throwing })
        {
            signal.Follow(endpoint.Token);
        }

        endpoint.Cancel();

        await fired.Task.WaitAsync(TimeSpan.FromSeconds(10));
        gate.Set();
        throwing.Invoking(signal => signal.Follow(endpoint.Token)).Should().NotThrow("the endpoint drains already");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CreateInvoker_PutsTheSignalIntoEachRequest_AndDisposesNothing(bool async)
    {
        List<DrainSignal?> carried = [];
        StubHandler handler = new((request, _) =>
        {
            carried.Add(DrainSignal.Of(request));
            return Task.FromResult(new HttpResponseMessage());
        });
        DrainSignal signal = new();
        using HttpMessageInvoker inner = new(handler);
        using (HttpMessageInvoker invoker = signal.CreateInvoker(inner))
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "http://svc.test/");
            using HttpResponseMessage response = async
                ? await invoker.SendAsync(request, CancellationToken.None)
                : invoker.Send(request, CancellationToken.None);
        }

        carried.Should().Equal(signal);
        handler.Disposed.IsCompleted.Should().BeFalse();
    }

    [Fact]
    public void CreateInvoker_WithoutAnInvoker_Throws() => new DrainSignal().Invoking(signal => signal.CreateInvoker(null!)).Should().Throw<ArgumentNullException>();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] Follow(CancellationToken endpoint) => [.. Enumerable.Range(0, 100).Select(_ =>
    {
        DrainSignal signal = new();
        signal.Follow(endpoint);
        return new WeakReference(signal);
    })];

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static CancellationToken TokenOf(CancellationToken endpoint)
    {
        DrainSignal signal = new();
        signal.Follow(endpoint);
        return signal.Token;
    }
}
