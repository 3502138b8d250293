using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Pools;

public sealed class EndpointPoolTests
{
    private static readonly SocketException Refused = new((int)SocketError.ConnectionRefused);

    private readonly ManualTimeProvider _clock = new();
    private readonly StubHandler _handler = new();
    private readonly EndpointDialer _dialer;
    private readonly EndpointPool _pool;
    private readonly List<EndpointState> _healthTold = [];

    public EndpointPoolTests()
    {
        _dialer = new EndpointDialer(new DnsEndPoint("svc.test", 80), new IPEndPoint(IPAddress.Loopback, 80), new DialSettings(TimeSpan.FromSeconds(5), null, _clock));
        _pool = new EndpointPool(_dialer, _handler, _clock.GetUtcNow, new PoolObserver(pool => _healthTold.Add(pool.Health.State)));
    }

    [Fact]
    public void New_IsIdleSinceItWasMade()
    {
        _pool.Health.State.Should().Be(EndpointState.Idle);
        _pool.Health.Since.Should().Be(_clock.GetUtcNow());
        _pool.TotalRequests.Should().Be(0);
        _pool.OpenConnections.Should().Be(0);
    }

    [Fact]
    public void Connected_IsReadyAndNothingIsTold()
    {
        _dialer.Dialled!(null);

        _pool.Health.State.Should().Be(EndpointState.Ready);
        _healthTold.Should().BeEmpty("it was no worse before");
    }

    [Theory]
    [InlineData(3, 1, true)]
    [InlineData(2, 1, false)]
    [InlineData(1, 100, false)]
    public void ConnectionsThatBreak_ThreeInARowMakeItFailing(int connections, int requestsOnEach, bool fails)
    {
        _dialer.Dialled!(null);

        for (int connection = 0; connection < connections; connection++)
        {
            using SocketPair pair = SocketPair.Make();
            using TrackedStream? stream = _dialer.Streams.Add(pair.Near);
            for (int request = 0; request < requestsOnEach; request++)
            {
                _pool.OnFailed(new HttpRequestException(HttpRequestError.ResponseEnded, "test", new HttpIOException(HttpRequestError.ResponseEnded)));
            }
        }

        _pool.Health.State.Should().Be(fails ? EndpointState.Failing : EndpointState.Ready);
    }

    [Fact]
    public void StreamsThatAnHttp2ServerResets_AreNoBrokenConnections()
    {
        _dialer.Dialled!(null);

        for (int i = 0; i < 10; i++)
        {
            _pool.OnFailed(new HttpRequestException(HttpRequestError.HttpProtocolError, "test", new HttpProtocolException(8, "CANCEL", null)));
        }

        _pool.Health.State.Should().Be(EndpointState.Ready);
    }

    [Fact]
    public void ConnectFails_IsFailingAndTold()
    {
        _dialer.Dialled!(Refused);

        _pool.Health.Should().BeEquivalentTo(new { State = EndpointState.Failing, Reason = Refused.Message, Failures = 1 });
        _healthTold.Should().Equal(EndpointState.Failing);
    }

    [Fact]
    public void ConnectFailsAgain_CountsSinceTheFirstFailureAndTellsNoMore()
    {
        DateTimeOffset first = _clock.GetUtcNow();
        _dialer.Dialled!(Refused);
        _clock.Advance(TimeSpan.FromSeconds(3));
        _dialer.Dialled!(new SocketException((int)SocketError.TimedOut));

        _pool.Health.Failures.Should().Be(2);
        _pool.Health.Since.Should().Be(first);
        _pool.Health.Reason.Should().Be(new SocketException((int)SocketError.TimedOut).Message);
        _healthTold.Should().Equal(EndpointState.Failing);
    }

    [Fact]
    public void ConnectsAgain_IsReadyAndTold()
    {
        _dialer.Dialled!(Refused);
        _clock.Advance(TimeSpan.FromSeconds(3));
        _dialer.Dialled!(null);
        _dialer.Dialled!(null);

        _pool.Health.Should().BeEquivalentTo(new { State = EndpointState.Ready, Failures = 0, Since = _clock.GetUtcNow() });
        _healthTold.Should().Equal(EndpointState.Failing, EndpointState.Ready);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void DialThatEndsAfterDrainingBegan_DoesNotRevive(bool connected)
    {
        _dialer.Dialled!(connected ? Refused : null);
        _healthTold.Clear();
        _pool.BeginDrain("absent from the latest answer");

        _dialer.Dialled!(connected ? null : Refused);

        _pool.Health.State.Should().Be(EndpointState.Draining);
        _pool.Health.Reason.Should().Be("absent from the latest answer");
        _pool.TryEnter(out _).Should().BeFalse();
        _healthTold.Should().BeEmpty();
    }

    [Fact]
    public void Draining_LetsNobodyInAndEndsItsHeadersWhenTheLastHasLeft()
    {
        _pool.TryEnter(out GateLease lease).Should().BeTrue();

        _pool.BeginDrain("gone");

        _pool.TryEnter(out _).Should().BeFalse();
        _pool.ActiveRequests.Should().Be(1);
        _pool.Draining.IsCancellationRequested.Should().BeTrue();
        _pool.AllHeadersArrived.IsCompleted.Should().BeFalse();
        lease.Dispose();
        _pool.AllHeadersArrived.IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public async Task Sent_IsCountedWhetherAsynchronousOrNot()
    {
        using HttpRequestMessage one = new();
        using HttpRequestMessage other = new();

        (await _pool.SendAsync(one, async: true, CancellationToken.None)).RequestMessage.Should().BeSameAs(one);
        Task<HttpResponseMessage> sync = _pool.SendAsync(other, async: false, CancellationToken.None);

        sync.IsCompletedSuccessfully.Should().BeTrue();
        _pool.TotalRequests.Should().Be(2);
        _handler.Requests.Should().Be(2);
    }

    [Fact]
    public async Task SentSynchronously_AnExceptionIsTheTaskOutcome()
    {
        using StubHandler failing = new(static (_, _) => throw new HttpRequestException("no"));
        EndpointPool pool = new(_dialer, failing, _clock.GetUtcNow);
        using HttpRequestMessage request = new();

        Task<HttpResponseMessage> sync = pool.SendAsync(request, async: false, CancellationToken.None);

        await FluentActions.Awaiting(() => sync).Should().ThrowAsync<HttpRequestException>().WithMessage("no");
    }

    [Fact]
    public async Task SentWithADrainSignal_TheSignalFiresWhenTheDrainBeginsAndNotBefore()
    {
        DrainSignal signal = new();
        using HttpRequestMessage request = WithSignal(signal);
        await _pool.SendAsync(request, async: true, CancellationToken.None);
        signal.Token.IsCancellationRequested.Should().BeFalse();

        _pool.BeginDrain("gone");

        await Eventually.Holds(() => signal.Token.IsCancellationRequested, "the signal fires");
    }

    [Fact]
    public async Task WhoHearsTheSignal_IsNotCalledByTheDrainingThread()
    {
        DrainSignal signal = new();
        using HttpRequestMessage request = WithSignal(signal);
        await _pool.SendAsync(request, async: true, CancellationToken.None);
        using ManualResetEventSlim mayReturn = new();
        signal.Token.Register(() => mayReturn.Wait(TimeSpan.FromSeconds(30)));

        _pool.BeginDrain("gone");

        mayReturn.Set();
    }

    [Fact]
    public async Task SentElsewhereAfterwards_TheDrainSignalFollowsTheLastPool()
    {
        DrainSignal signal = new();
        using HttpRequestMessage request = WithSignal(signal);
        EndpointPool other = new(new EndpointDialer(new DnsEndPoint("svc.test", 80), new IPEndPoint(IPAddress.Loopback, 81), new DialSettings(TimeSpan.FromSeconds(5), null, _clock)), _handler, _clock.GetUtcNow);
        await _pool.SendAsync(request, async: true, CancellationToken.None);
        await other.SendAsync(request, async: true, CancellationToken.None);

        _pool.BeginDrain("gone");
        signal.Token.IsCancellationRequested.Should().BeFalse();
        other.BeginDrain("gone too");

        await Eventually.Holds(() => signal.Token.IsCancellationRequested, "the signal fires");
    }

    [Fact]
    public void HandlerClosed_SaysHowManyConnectionsWereOpenAndLetsNoNewOneIn()
    {
        using SocketPair pair = SocketPair.Make();
        using SocketPair late = SocketPair.Make();
        using TrackedStream stream = _dialer.Streams.Add(pair.Near)!;

        _pool.CloseHandler().Should().Be(1);

        _handler.Disposed.IsCompleted.Should().BeTrue();
        _dialer.Streams.Add(late.Near).Should().BeNull();
        _pool.AllConnectionsClosed.IsCompleted.Should().BeFalse();
        _pool.CutConnections().Should().Be(1);
        _pool.AllConnectionsClosed.IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public async Task Snapshot_TellsStateAndCounts()
    {
        using SocketPair pair = SocketPair.Make();
        using TrackedStream stream = _dialer.Streams.Add(pair.Near)!;
        using HttpRequestMessage request = new();
        _dialer.Dialled!(null);
        await _pool.SendAsync(request, async: true, CancellationToken.None);
        _pool.TryEnter(out _);

        _pool.Snapshot("present", _clock.GetUtcNow(), new PoolPlace()).Should().Be(new EndpointSnapshot
        {
            Address = new IPEndPoint(IPAddress.Loopback, 80),
            State = EndpointState.Ready,
            Reason = "connected",
            Since = _clock.GetUtcNow(),
            ActiveRequests = 1,
            TotalRequests = 1,
            OpenConnections = 1,
            TotalConnections = 1,
            Membership = "present",
        });
    }

    private static HttpRequestMessage WithSignal(DrainSignal signal)
    {
        HttpRequestMessage request = new();
        request.Options.Set(DnsAwareHandler.DrainSignalKey, signal);
        return request;
    }

    [Fact]
    public void StartsSlowly_ReachesItsFullShareTenSecondsAfterItConnected()
    {
        _pool.Share.Should().Be(1);
        EndpointPool fresh = new(_dialer, _handler, _clock.GetUtcNow, startsSlowly: true);
        _clock.Advance(TimeSpan.FromMinutes(1));
        fresh.SampleForSilence().Should().Be(PeerSilence.None);
        fresh.Share.Should().BeApproximately(0.1f, 0.001f, "it has no connection yet");

        _dialer.Dialled!(null);
        _clock.Advance(TimeSpan.FromSeconds(5));
        fresh.SampleForSilence();
        fresh.Share.Should().BeApproximately(0.5f, 0.001f);

        _clock.Advance(TimeSpan.FromSeconds(5));
        fresh.SampleForSilence();
        fresh.Share.Should().Be(1);
    }

    [Fact]
    public void Misdirected_IsAvoidedAndToldOnceUntilForgotten()
    {
        _dialer.Dialled!(null);

        _pool.OnMisdirected();
        _pool.OnMisdirected();

        _pool.Health.IsAvoided.Should().BeTrue();
        _pool.Health.Should().BeEquivalentTo(new { State = EndpointState.Ready, IsMisdirected = true });
        _healthTold.Should().ContainSingle();
        _dialer.Dialled(Refused);
        _dialer.Dialled(null);
        _pool.Health.IsAvoided.Should().BeTrue("that it connects does not make it the right place");

        _pool.OnNamedAgain();
        _pool.Health.IsAvoided.Should().BeFalse();
    }

    [Fact]
    public async Task RenewalDue_IsToldOnceItsConnectionsHaveServedAsManyAndAgainAfterAsManyMore()
    {
        List<long> told = [];
        EndpointPool pool = new(_dialer, _handler, _clock.GetUtcNow, new PoolObserver(renewalDue: due => told.Add(due.TotalRequests)), limits: new PoolLimits { MaxRequestsPerConnection = 3 });
        for (int i = 0; i < 7; i++)
        {
            await pool.SendAsync(new HttpRequestMessage(), async: true, CancellationToken.None);
        }

        told.Should().Equal(3, 6);
    }

    [Fact]
    public async Task AbandonDials_RequestsThatWaitForAConnectAreToldAtOnceAndSoAreLaterOnes()
    {
        using BlackHole hole = new();
        EndpointDialer dialer = new(new DnsEndPoint("svc.test", hole.EndPoint.Port), hole.EndPoint, new DialSettings(TimeSpan.FromMinutes(5), null, _clock));
        EndpointPool pool = new(dialer, _handler, _clock.GetUtcNow);
        Task<Stream> waiting = dialer.ConnectAsync(ConnectionContexts.For("svc.test", hole.EndPoint.Port), CancellationToken.None).AsTask();

        pool.AbandonDials();

        (await FluentActions.Awaiting(() => waiting).Should().ThrowAsync<SocketException>()).Which.SocketErrorCode.Should().Be(SocketError.TimedOut);
        await FluentActions.Awaiting(() => dialer.ConnectAsync(ConnectionContexts.For("svc.test", hole.EndPoint.Port), CancellationToken.None).AsTask()).Should().ThrowAsync<SocketException>();
        pool.Health.State.Should().Be(EndpointState.Idle, "its peer was not found to refuse");
    }
}
