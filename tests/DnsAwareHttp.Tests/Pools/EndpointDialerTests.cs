using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Pools;

public sealed class EndpointDialerTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Exception?> _dialled = [];

    public EndpointDialerTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    private IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task AskedForItsTarget_ConnectsToItsAddressWhateverTheNameResolvesTo()
    {
        EndpointDialer dialer = Dialer(Address);

        await using Stream stream = await dialer.ConnectAsync(ConnectionContexts.For("svc.test", Address.Port), CancellationToken.None);

        using Socket accepted = await _listener.AcceptAsync();
        stream.Should().BeOfType<TrackedStream>().Which.Socket.RemoteEndPoint.Should().BeEquivalentTo(
            new { Port = Address.Port, Address = IPAddress.Loopback.MapToIPv6() }, options => options.ComparingByValue<IPAddress>());
        dialer.Streams.Count.Should().Be(1);
        _dialled.Should().Equal([null]);
    }

    [Fact]
    public async Task AskedForItsTargetInOtherCase_Connects()
    {
        EndpointDialer dialer = Dialer(Address);

        await using Stream stream = await dialer.ConnectAsync(ConnectionContexts.For("SVC.Test", Address.Port), CancellationToken.None);

        dialer.Streams.Count.Should().Be(1);
    }

    [Theory]
    [InlineData("other.test", 0)]
    [InlineData("svc.test.", 0)]
    [InlineData("127.0.0.1", 0)]
    [InlineData("svc.test", 1)]
    public async Task AskedForAnotherHostOrPort_RefusesAndNamesBoth(string host, int portOffset)
    {
        EndpointDialer dialer = Dialer(Address);
        int port = Address.Port + portOffset;

        InvalidOperationException error = (await Connecting(dialer, host, port).Should().ThrowAsync<InvalidOperationException>()).Which;

        error.Message.Should().Contain($"svc.test:{Address.Port}").And.Contain($"{host}:{port}");
        dialer.Streams.Count.Should().Be(0);
        _dialled.Should().BeEmpty("nothing was dialled");
    }

    [Fact]
    public async Task Refused_IsASocketExceptionAndIsTold()
    {
        IPEndPoint nobody = new(IPAddress.Parse("127.0.0.9"), LoopbackServer.FreePort());
        EndpointDialer dialer = Dialer(nobody);

        SocketException error = (await Connecting(dialer, "svc.test", nobody.Port).Should().ThrowAsync<SocketException>()).Which;

        error.SocketErrorCode.Should().Be(SocketError.ConnectionRefused);
        _dialled.Should().Equal([error]);
        dialer.Streams.Count.Should().Be(0);
    }

    [Fact]
    public async Task NoAnswerWithinTheConnectTimeout_IsATimeoutAndIsTold()
    {
        using BlackHole hole = new();
        EndpointDialer dialer = Dialer(hole.EndPoint);
        Task<Stream> connecting = dialer.ConnectAsync(ConnectionContexts.For("svc.test", hole.EndPoint.Port), CancellationToken.None).AsTask();

        _clock.Advance(TimeSpan.FromSeconds(4.9));
        connecting.IsCompleted.Should().BeFalse();
        _clock.Advance(TimeSpan.FromSeconds(0.1));

        SocketException error = (await FluentActions.Awaiting(() => connecting).Should().ThrowAsync<SocketException>()).Which;
        error.SocketErrorCode.Should().Be(SocketError.TimedOut);
        _dialled.Should().Equal([error]);
        await Eventually.Holds(() => _clock.ActiveTimers == 0, "no timer is left");
    }

    [Fact]
    public async Task CancelledByTheCaller_IsACancellationAndIsNotTold()
    {
        using BlackHole hole = new();
        using CancellationTokenSource caller = new();
        EndpointDialer dialer = Dialer(hole.EndPoint);
        Task<Stream> connecting = dialer.ConnectAsync(ConnectionContexts.For("svc.test", hole.EndPoint.Port), caller.Token).AsTask();

        await caller.CancelAsync();

        await FluentActions.Awaiting(() => connecting).Should().ThrowAsync<OperationCanceledException>();
        _dialled.Should().BeEmpty("that somebody gave up says nothing of the address");
        await Eventually.Holds(() => _clock.ActiveTimers == 0, "no timer is left");
    }

    [Fact]
    public async Task Connected_LeavesNoTimer()
    {
        await using Stream stream = await Dialer(Address).ConnectAsync(ConnectionContexts.For("svc.test", Address.Port), CancellationToken.None);

        await Eventually.Holds(() => _clock.ActiveTimers == 0, "no timer is left");
    }

    [Fact]
    public async Task Connected_NoticesASilentPeerAndSendsWithoutDelay()
    {
        await using Stream stream = await Dialer(Address).ConnectAsync(ConnectionContexts.For("svc.test", Address.Port), CancellationToken.None);
        Socket socket = ((NetworkStream)stream).Socket;

        socket.NoDelay.Should().BeTrue();
        socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive).Should().NotBe(0);
        socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime).Should().Be(30);
        socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval).Should().Be(5);
        socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount).Should().Be(3);
    }

    [LinuxFact]
    public async Task Connected_APeerThatStopsReadingKeepsItsConnection_NoUserTimeoutIsSet()
    {
        await using Stream stream = await Dialer(Address).ConnectAsync(ConnectionContexts.For("svc.test", Address.Port), CancellationToken.None);

        byte[] userTimeout = new byte[4];
        ((NetworkStream)stream).Socket.GetRawSocketOption(6, 18, userTimeout);
        userTimeout.Should().Equal(new byte[4]);
    }

    [Fact]
    public async Task ConfigureSocket_IsCalledBeforeTheConnectAndHasTheLastWord()
    {
        List<bool> connectedWhenCalled = [];
        EndpointDialer dialer = Dialer(Address, socket =>
        {
            connectedWhenCalled.Add(socket.Connected);
            socket.NoDelay = false;
        });

        await using Stream stream = await dialer.ConnectAsync(ConnectionContexts.For("svc.test", Address.Port), CancellationToken.None);

        connectedWhenCalled.Should().Equal(false);
        ((NetworkStream)stream).Socket.NoDelay.Should().BeFalse();
    }

    [Fact]
    public async Task ConfigureSocketThrows_TheConnectFailsWithItsExceptionAndIsTold()
    {
        NotSupportedException mine = new("not on this system");
        Socket? seen = null;
        EndpointDialer dialer = Dialer(Address, socket =>
        {
            seen = socket;
            throw mine;
        });

        (await Connecting(dialer, "svc.test", Address.Port).Should().ThrowAsync<NotSupportedException>()).Which.Should().BeSameAs(mine);

        _dialled.Should().Equal([mine]);
        seen!.SafeHandle.IsClosed.Should().BeTrue();
    }

    [Fact]
    public async Task ThePoolClosedForGoodWhileItConnected_TheSocketIsClosedAndTheConnectFails()
    {
        EndpointDialer dialer = Dialer(Address);
        dialer.Streams.Seal();

        SocketException error = (await Connecting(dialer, "svc.test", Address.Port).Should().ThrowAsync<SocketException>()).Which;

        error.SocketErrorCode.Should().Be(SocketError.OperationAborted);
        using Socket accepted = await _listener.AcceptAsync();
        (await accepted.ReceiveAsync(new byte[1])).Should().Be(0);
    }

    [Fact]
    public async Task DialAhead_ParksASocketThatTheNextConnectTakes()
    {
        EndpointDialer dialer = Dialer(Address);
        dialer.IsConnected.Should().BeFalse();

        (await dialer.DialAheadAsync(CancellationToken.None)).Should().BeNull();
        dialer.IsConnected.Should().BeTrue();
        await using Stream stream = await dialer.ConnectAsync(ConnectionContexts.For("svc.test", Address.Port), CancellationToken.None);

        _dialled.Should().Equal([null], "it was dialled once");
        dialer.Streams.Count.Should().Be(1);
        dialer.Seal();
    }

    [Fact]
    public async Task ParkedSocket_ThatNobodyTakes_IsClosedAfterThreeSeconds()
    {
        EndpointDialer dialer = Dialer(Address);
        await dialer.DialAheadAsync(CancellationToken.None);

        _clock.Advance(ParkedSockets.Lifetime);

        dialer.IsConnected.Should().BeFalse();
        using Socket accepted = await _listener.AcceptAsync();
        (await accepted.ReceiveAsync(new byte[1])).Should().Be(0);
        await Eventually.Holds(() => _clock.ActiveTimers == 0, "no timer is left");
    }

    [Fact]
    public async Task ParkedSocket_ThatThePeerClosed_IsNotUsed()
    {
        EndpointDialer dialer = Dialer(Address);
        await dialer.DialAheadAsync(CancellationToken.None);
        Socket closed = await _listener.AcceptAsync();
        closed.Dispose();

        await using Stream stream = await dialer.ConnectAsync(ConnectionContexts.For("svc.test", Address.Port), CancellationToken.None);

        _dialled.Should().Equal([null, null], "it was dialled anew");
        dialer.Seal();
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 }, true)]
    [InlineData(new byte[] { (byte)'H', (byte)'T', (byte)'T', (byte)'P' }, false)]
    public async Task ParkedSocket_ThatWaitedAndWhosePeerSpokeFirst_IsUsedIfThatIsHttp2(byte[] greeting, bool isUsed)
    {
        EndpointDialer dialer = Dialer(Address);
        await dialer.DialAheadAsync(CancellationToken.None);
        _clock.Advance(TimeSpan.FromMilliseconds(250));
        using Socket accepted = await _listener.AcceptAsync();
        await accepted.SendAsync(greeting);

        await using TrackedStream stream = (TrackedStream)await dialer.ConnectAsync(ConnectionContexts.For("svc.test", Address.Port), CancellationToken.None);

        _dialled.Count.Should().Be(isUsed ? 1 : 2);
        if (isUsed)
        {
            byte[] read = new byte[greeting.Length];
            await stream.ReadExactlyAsync(read);
            read.Should().Equal(greeting, "the one who uses it is to read it");
        }

        dialer.Seal();
    }

    [Fact]
    public async Task ParkedSocket_ThatTheRequestWaitedForAndThatHasItsAnswer_IsUsed()
    {
        EndpointDialer dialer = Dialer(Address);
        await dialer.DialAheadAsync(CancellationToken.None);
        using Socket accepted = await _listener.AcceptAsync();
        await accepted.SendAsync("HTTP"u8.ToArray());

        await using Stream stream = await dialer.ConnectAsync(ConnectionContexts.For("svc.test", Address.Port), CancellationToken.None);

        _dialled.Should().HaveCount(1);
    }

    [Fact]
    public async Task ParkedSocket_WhileItIsHandedOver_IsSeenAllTheTime()
    {
        for (int round = 0; round < 100; round++)
        {
            EndpointDialer dialer = Dialer(Address);
            await dialer.DialAheadAsync(CancellationToken.None);
            using CancellationTokenSource over = new();
            TaskCompletionSource looking = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<bool> wasMissed = Task.Run(() => Misses(dialer, looking, over.Token));
            await looking.Task;

            await using Stream stream = await dialer.ConnectAsync(ConnectionContexts.For("svc.test", Address.Port), CancellationToken.None);
            await over.CancelAsync();

            (await wasMissed).Should().BeFalse("a request that looked just then would dial for nothing");
            dialer.Seal();
        }
    }

    [Fact]
    public async Task DialUnlessIdle_WhenAnothersDialIsOver_DialsNoMore()
    {
        EndpointDialer dialer = Dialer(Address);
        await dialer.DialAheadAsync(CancellationToken.None);

        (await dialer.DialUnlessIdleAsync(CancellationToken.None)).Should().BeNull();

        _dialled.Should().Equal([null]);
        dialer.Seal();
        (await dialer.DialUnlessIdleAsync(CancellationToken.None)).Should().BeNull();
        _dialled.Should().Equal([null, null]);
    }

    [Fact]
    public async Task DialAhead_ManyAtOnce_ShareOneDial()
    {
        EndpointDialer dialer = Dialer(Address);

        Exception?[] outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => dialer.DialAheadAsync(CancellationToken.None)));

        outcomes.Should().OnlyContain(outcome => outcome == null);
        _dialled.Count.Should().BeLessThan(50);
        dialer.Seal();
        dialer.IsConnected.Should().BeFalse();
    }

    [Fact]
    public async Task DialAhead_OfAnAddressThatRefuses_TellsWhyAndPassesItOnOnce()
    {
        EndpointDialer dialer = Dialer(new IPEndPoint(IPAddress.Parse("127.0.0.9"), LoopbackServer.FreePort()));

        Exception? failure = await dialer.DialAheadAsync(CancellationToken.None);
        dialer.PassOnFailure(failure!);

        failure.Should().BeOfType<SocketException>();
        await Connecting(dialer, "svc.test", dialer.Address.Port).Should().ThrowAsync<SocketException>();
        _dialled.Should().ContainSingle("the request was told what was known").Which.Should().BeOfType<SocketException>();
        await Connecting(dialer, "svc.test", dialer.Address.Port).Should().ThrowAsync<SocketException>();
        _dialled.Should().HaveCount(2, "the next one tried again");
    }

    [Fact]
    public async Task FailureThatNobodyTookInTime_IsForgotten()
    {
        EndpointDialer dialer = Dialer(Address);
        dialer.PassOnFailure(new SocketException((int)SocketError.ConnectionRefused));

        _clock.Advance(TimeSpan.FromSeconds(1));

        await using Stream stream = await dialer.ConnectAsync(ConnectionContexts.For("svc.test", Address.Port), CancellationToken.None);
    }

    [Fact]
    public async Task FailureThatNobodyTook_IsForgottenOnceADialAheadSucceeds()
    {
        EndpointDialer dialer = Dialer(Address);
        dialer.PassOnFailure(new SocketException((int)SocketError.ConnectionRefused));

        (await dialer.DialAheadAsync(CancellationToken.None)).Should().BeNull();

        await using Stream first = await dialer.ConnectAsync(ConnectionContexts.For("svc.test", Address.Port), CancellationToken.None);
        await using Stream second = await dialer.ConnectAsync(ConnectionContexts.For("svc.test", Address.Port), CancellationToken.None);
    }

    [Fact]
    public async Task FailureThatIsToldLate_IsNotForWhoHasASocket()
    {
        EndpointDialer dialer = Dialer(Address);
        (await dialer.DialAheadAsync(CancellationToken.None)).Should().BeNull();

        dialer.PassOnFailure(new SocketException((int)SocketError.ConnectionRefused));

        await using Stream stream = await dialer.ConnectAsync(ConnectionContexts.For("svc.test", Address.Port), CancellationToken.None);
    }

    [Fact]
    public async Task DialAhead_WhenConfigureSocketThrows_TellsWhy()
    {
        EndpointDialer dialer = Dialer(Address, static _ => throw new NotSupportedException("not today"));

        (await dialer.DialAheadAsync(CancellationToken.None)).Should().BeOfType<NotSupportedException>();

        _dialled.Should().ContainSingle().Which.Should().BeOfType<NotSupportedException>();
    }

    [Fact]
    public async Task DialAhead_Cancelled_EndsAndTellsNobody()
    {
        using BlackHole hole = new();
        using CancellationTokenSource pool = new();
        EndpointDialer dialer = Dialer(hole.EndPoint);
        Task<Exception?> dialling = dialer.DialAheadAsync(pool.Token);

        await pool.CancelAsync();

        (await dialling).Should().BeAssignableTo<OperationCanceledException>();
        _dialled.Should().BeEmpty();
    }

    private static Func<Task> Connecting(EndpointDialer dialer, string host, int port) =>
        () => dialer.ConnectAsync(ConnectionContexts.For(host, port), CancellationToken.None).AsTask();

    private static bool Misses(EndpointDialer dialer, TaskCompletionSource looking, CancellationToken over)
    {
        bool missed = false;
        while (!over.IsCancellationRequested)
        {
            missed |= !dialer.IsConnected;
            looking.TrySetResult();
        }

        return missed;
    }

    private EndpointDialer Dialer(IPEndPoint address, Action<Socket>? configure = null) =>
        new(new DnsEndPoint("svc.test", address.Port), address, new DialSettings(TimeSpan.FromSeconds(5), configure, _clock)) { Dialled = _dialled.Add };
}
