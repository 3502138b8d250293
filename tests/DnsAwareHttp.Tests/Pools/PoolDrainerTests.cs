using System.Net;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Pools;

public sealed class PoolDrainerTests : IDisposable
{
    private static readonly PoolOwner Owner = new("http://svc.test:80", "svc.test", 80);

    private readonly ManualTimeProvider _clock = new();
    private readonly CapturingLogger _log = new();
    private readonly SocketPair _pair = SocketPair.Make();
    private readonly PoolDrainer _drainer;

    public PoolDrainerTests() => _drainer = new PoolDrainer(_clock, _log);

    public void Dispose()
    {
        _pair.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task OfAnIdlePool_EndsAtOnce()
    {
        StubHandler handler = new();

        await Drain(Pool(handler, out _), Timeout.InfiniteTimeSpan);

        handler.Disposed.IsCompleted.Should().BeTrue();
        await Eventually.Holds(() => _clock.ActiveTimers == 0, "no timer is left");
        _log.Entries.Select(entry => entry.Event).Should().Equal("EndpointDraining");
    }

    [Fact]
    public async Task GoesFromGateToHeadersToHandlerToStreams()
    {
        StubHandler handler = new();
        EndpointPool pool = Pool(handler, out EndpointDialer dialer);
        TrackedStream stream = dialer.Streams.Add(_pair.Near)!;
        pool.TryEnter(out GateLease lease).Should().BeTrue();

        Task drain = Drain(pool, Timeout.InfiniteTimeSpan);

        pool.TryEnter(out _).Should().BeFalse("the gate is closed when the call returns");
        _drainer.Draining.Select(drain => drain.Departure.Pool).Should().Equal(pool);
        handler.Disposed.IsCompleted.Should().BeFalse("headers are awaited");
        lease.Dispose();
        await handler.Disposed;
        drain.IsCompleted.Should().BeFalse("a response streams");
        _pair.Far.Poll(0, System.Net.Sockets.SelectMode.SelectRead).Should().BeFalse("nobody closes it");
        await stream.DisposeAsync();
        await drain;
        _drainer.Draining.Should().BeEmpty();
        _log.Entries.Last().Message.Should().Contain("ended by themselves: 1; cut by DrainTimeout: 0");
    }

    [Fact]
    public async Task DrainTimeout_CutsWhatStreams()
    {
        StubHandler handler = new();
        EndpointPool pool = Pool(handler, out EndpointDialer dialer);
        TrackedStream stream = dialer.Streams.Add(_pair.Near)!;
        Task drain = Drain(pool, TimeSpan.FromSeconds(10));
        await handler.Disposed;

        _clock.Advance(TimeSpan.FromSeconds(9.9));
        drain.IsCompleted.Should().BeFalse();
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        await drain;

        await _pair.NearClosed();
        await Eventually.Holds(() => _clock.ActiveTimers == 0, "no timer is left");
        _log.Entries.Last().Message.Should().Contain("ended by themselves: 0; cut by DrainTimeout: 1").And.Contain("in 10.0 s");
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task DrainTimeout_EndsTheWaitForHeadersToo()
    {
        StubHandler handler = new();
        EndpointPool pool = Pool(handler, out EndpointDialer dialer);
        TrackedStream stream = dialer.Streams.Add(_pair.Near)!;
        pool.TryEnter(out GateLease lease);
        Task drain = Drain(pool, TimeSpan.FromSeconds(10));
        await Eventually.Holds(() => _clock.ActiveTimers == 1, "the deadline is set");

        _clock.Advance(TimeSpan.FromSeconds(10));
        await drain;

        handler.Disposed.IsCompleted.Should().BeTrue();
        await _pair.NearClosed();
        await Eventually.Holds(() => _clock.ActiveTimers == 0, "no timer is left");
        lease.Dispose();
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task EndsInTime_LeavesNoTimer()
    {
        await Drain(Pool(new StubHandler(), out _), TimeSpan.FromSeconds(10));

        await Eventually.Holds(() => _clock.ActiveTimers == 0, "no timer is left");
    }

    [Fact]
    public async Task HandlersDisposalThrows_IsLoggedAndTheDrainEnds()
    {
        InvalidOperationException mine = new("disposal failed");

        await Drain(Pool(new StubHandler { ThrownByDispose = mine }, out _), Timeout.InfiniteTimeSpan);

        _log.Entries.Should().ContainSingle(entry => entry.Event == "DrainThrew").Which.Exception.Should().BeSameAs(mine);
        _drainer.Draining.Should().BeEmpty();
    }

    [Fact]
    public async Task WhenAllDrained_WaitsForEveryDrain()
    {
        EndpointPool busy = Pool(new StubHandler(), out _);
        busy.TryEnter(out GateLease lease);
        _ = Drain(busy, Timeout.InfiniteTimeSpan);
        await Drain(Pool(new StubHandler(), out _), Timeout.InfiniteTimeSpan);

        Task all = _drainer.WhenAllDrained();

        all.IsCompleted.Should().BeFalse();
        lease.Dispose();
        await all;
    }

    [Fact]
    public async Task Draining_TellsTheOwner()
    {
        EndpointPool busy = Pool(new StubHandler(), out _);
        busy.TryEnter(out GateLease lease);
        Task drain = Drain(busy, Timeout.InfiniteTimeSpan);

        _drainer.Draining.Should().ContainSingle().Which.Owner.Should().Be(Owner);

        lease.Dispose();
        await drain;
    }

    [Fact]
    public async Task OfManyPools_IsOneLineForEachReason()
    {
        EndpointPool[] pools = [.. Enumerable.Range(0, 64).Select(_ => Pool(new StubHandler(), out EndpointDialer _))];

        await _drainer.Begin([.. pools.Select((pool, index) => new Departure(pool, DepartureReason.LeftDns, index == 0 ? "broken" : "gone"))], Owner, Timeout.InfiniteTimeSpan);

        _log.TextsOf("EndpointDraining").Should().Equal(
            "http://svc.test:80: 127.0.0.1 left (broken). Requests under way: 0; connections that drain: 0.",
            "http://svc.test:80: 127.0.0.1, 127.0.0.1, 127.0.0.1 and 60 more left (gone). Requests under way: 0; connections that drain: 0.");
        _log.Events.Should().NotContain("EndpointDrained", "no connection was open");
    }

    private Task Drain(EndpointPool pool, TimeSpan timeout) => _drainer.Begin([new Departure(pool, DepartureReason.LeftDns, "gone")], Owner, timeout);

    private EndpointPool Pool(HttpMessageHandler handler, out EndpointDialer dialer)
    {
        dialer = new EndpointDialer(new DnsEndPoint("svc.test", 80), new IPEndPoint(IPAddress.Loopback, 80), new DialSettings(TimeSpan.FromSeconds(5), null, _clock));
        return new EndpointPool(dialer, handler, _clock.GetUtcNow);
    }
}
