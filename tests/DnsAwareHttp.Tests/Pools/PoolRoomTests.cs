using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Pools;

public sealed class PoolRoomTests : IDisposable
{
    private readonly DrainGate _gate = new();
    private readonly List<IDisposable> _open = [];
    private readonly EndpointDialer _dialer = new(
        new DnsEndPoint("svc.test", 80), new IPEndPoint(IPAddress.Loopback, 80), new DialSettings(TimeSpan.FromSeconds(5), null, TimeProvider.System));

    public void Dispose() => _open.ForEach(static open => open.Dispose());

    [Fact]
    public void NoConnection_HasNoRoomAndMayGrow()
    {
        PoolRoom room = Room(new PoolLimits());

        (room.IsFree, room.CanGrow, room.IsBounded, room.Pending).Should().Be((false, true, false, 0L));
    }

    [Fact]
    public async Task Http1_AConnectionIsBusyFromTheRequestToTheEndOfItsAnswer()
    {
        PoolRoom room = Room(new PoolLimits());
        (TrackedStream stream, Socket far) = Connect();
        room.IsFree.Should().BeTrue();

        await stream.WriteAsync(new byte[10]);
        room.IsFree.Should().BeFalse("a request was sent");
        Task<int> head = stream.ReadAsync(new byte[10]).AsTask();
        room.IsFree.Should().BeFalse("its answer is awaited");
        await far.SendAsync(new byte[10]);
        await head;
        Task<int> body = stream.ReadAsync(new byte[10]).AsTask();
        room.IsFree.Should().BeFalse("more of the answer is awaited");
        room.Sample(wasUsed: true);
        room.Load.Should().Be(1, "a body streams");
        await far.SendAsync(new byte[10]);
        await body;

        room.IsFree.Should().BeTrue();
        Task idle = stream.ReadAsync(Memory<byte>.Empty).AsTask();
        room.IsFree.Should().BeTrue("the runtime only watches an idle connection");
        await stream.DisposeAsync();
        await idle.ContinueWith(static _ => { }, TaskScheduler.Default);
        room.IsFree.Should().BeFalse("it was closed");
    }

    [Fact]
    public async Task Http1_ARequestIsInsideAndNotSentYet_TheIdleConnectionIsItsOwn()
    {
        PoolRoom room = Room(new PoolLimits());
        (TrackedStream stream, Socket far) = Connect();

        Enter(1);
        room.IsFree.Should().BeFalse("the request inside takes the connection");
        Connect();
        room.IsFree.Should().BeTrue("there is one more");
        await stream.WriteAsync(new byte[10]);
        room.IsFree.Should().BeTrue("the request is counted once");
        await far.SendAsync(new byte[10]);
        await stream.ReadExactlyAsync(new byte[10]);
        Enter(1);

        room.IsFree.Should().BeFalse();
    }

    [Fact]
    public async Task Http1_Limit_ThePlacesAreThoseOfConnectionsWithoutABody()
    {
        PoolRoom room = Room(new PoolLimits { MaxConnections = 2, MaxPendingRequests = 3 });
        (room.Places, room.PlacesToWait).Should().Be((2L, 5L));
        (TrackedStream stream, Socket far) = Connect();
        await stream.WriteAsync(new byte[10]);
        room.Places.Should().Be(2, "a request whose answer is awaited is inside");
        await far.SendAsync(new byte[10]);
        await stream.ReadExactlyAsync(new byte[10]);
        Task<int> body = stream.ReadAsync(new byte[10]).AsTask();

        (room.Places, room.PlacesToWait).Should().Be((1L, 5L), "no sample has seen the body");
        room.Sample(wasUsed: true);
        (room.Places, room.PlacesToWait).Should().Be((1L, 4L));
        await far.SendAsync(new byte[10]);
        await body;
        (room.Places, room.PlacesToWait).Should().Be((2L, 5L));
    }

    [Fact]
    public void Http1_TheLimitIsReached_ASocketThatWasDialledAheadIsNoRoom()
    {
        PoolRoom room = Room(new PoolLimits { MaxConnections = 1 });
        Connect();
        Connect();
        room.IsFree.Should().BeTrue();

        Enter(1);

        room.IsFree.Should().BeFalse("the runtime uses one connection at a time");
    }

    [Fact]
    public async Task Http1_TheServerEndedTheConnectionWhileItRested_HasNoRoom()
    {
        PoolRoom room = Room(new PoolLimits());
        (_, Socket far) = Connect();
        far.Shutdown(SocketShutdown.Send);
        await Eventually.Holds(
            () =>
            {
                room.Sample(wasUsed: false);
                return !room.IsFree;
            },
            "its end is seen");
    }

    [Fact]
    public void Http1_Limit_IsFullWhenSoManyConnectionsOrRequestsAreThere()
    {
        PoolRoom room = Room(new PoolLimits { MaxConnections = 2, MaxPendingRequests = 1 });
        room.IsBounded.Should().BeTrue();
        Enter(2);
        (room.CanGrow, room.Pending, room.MayWait).Should().Be((false, 0L, true));

        Enter(1);
        (room.Pending, room.MayWait).Should().Be((1L, false));
        Enter(1);
        (room.Pending, room.MayWait).Should().Be((2L, false));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Http2_FreeStreamsAreRoom(bool multiple)
    {
        PoolRoom room = Room(new PoolLimits { MultipleHttp2Connections = multiple });
        _dialer.Streams.Http2.Join(3);
        _dialer.Streams.Http2.AddBody();
        Enter(1);
        (room.IsFree, room.Load).Should().Be((true, 2L));

        Enter(1);
        (room.IsFree, room.CanGrow, room.Pending).Should().Be((false, multiple, 0L));
        room.Places.Should().Be(multiple ? long.MaxValue : 2);
        Enter(2);
        room.Pending.Should().Be(multiple ? 0 : 2);

        _dialer.Streams.Http2.RemoveBodies(1);
        room.Load.Should().Be(4);
    }

    private PoolRoom Room(PoolLimits limits) => new(limits, _gate, _dialer);

    private void Enter(int requests)
    {
        for (int i = 0; i < requests; i++)
        {
            _gate.TryEnter();
        }
    }

    private (TrackedStream Stream, Socket Far) Connect()
    {
        SocketPair pair = SocketPair.Make();
        _open.Add(pair);
        return (_dialer.Streams.Add(pair.Near)!, pair.Far);
    }
}
