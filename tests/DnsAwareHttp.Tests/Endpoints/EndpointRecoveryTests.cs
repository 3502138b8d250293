using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Tests.Endpoints;

public sealed class EndpointRecoveryTests : IDisposable
{
    private static readonly SocketException Refused = new((int)SocketError.ConnectionRefused);

    private readonly ManualTimeProvider _clock = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly EndpointRecovery _recovery;

    public EndpointRecoveryTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _recovery = new EndpointRecovery(_clock, new Random(1), NullLogger.Instance);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task FailingEndpoint_IsTriedWithGrowingPausesUntilItConnects()
    {
        List<DateTimeOffset> dials = [_clock.GetUtcNow()];
        EndpointPool pool = Pool(out EndpointDialer dialer, _ => dials.Add(_clock.GetUtcNow()));
        dialer.Dialled!(Refused);
        await Eventually.Holds(() => Moves(pool.Health.Failures == 5), "it failed five times");
        for (int pause = 0; pause < 4; pause++)
        {
            (dials[pause + 1] - dials[pause]).Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(0.8 * Math.Pow(1.6, pause)));
        }

        _listener.Listen();
        await Eventually.Holds(() => Moves(pool.Health.State is EndpointState.Ready), "it connects");
        await _recovery.WhenEnded();
        _clock.Advance(ParkedSockets.Lifetime);
        await Eventually.Holds(() => _clock.ActiveTimers == 0, "no timer is left");
    }

    [Fact]
    public async Task Leaving_EndsTheRecoveryAtOnce()
    {
        EndpointPool pool = Pool(out EndpointDialer dialer);
        dialer.Dialled!(Refused);
        await Waiting();

        pool.BeginDrain("gone");

        await _recovery.WhenEnded();
        await Eventually.Holds(() => _clock.ActiveTimers == 0, "no timer is left");
    }

    [Fact]
    public async Task ConnectedByARequestMeanwhile_IsTriedOnceMoreAtMost()
    {
        _listener.Listen();
        int dials = 0;
        EndpointPool pool = Pool(out EndpointDialer dialer, _ => dials++);
        dialer.Dialled!(Refused);
        await Waiting();
        dialer.Dialled(null);

        _clock.Advance(TimeSpan.FromMinutes(5));
        await _recovery.WhenEnded().WaitAsync(TimeSpan.FromSeconds(30));

        pool.Health.State.Should().Be(EndpointState.Ready);
        dials.Should().BeLessThanOrEqualTo(1);
        _clock.Advance(ParkedSockets.Lifetime);
        await Eventually.Holds(() => _clock.ActiveTimers == 0, "no timer is left");
    }

    [Fact]
    public async Task NeedsAnAnswer_IsOnTrialWhenItKeepsAConnectionOpen_PausesGrowUntilItAnswers()
    {
        _listener.Listen();
        List<DateTimeOffset> dials = [_clock.GetUtcNow()];
        EndpointPool pool = Pool(out _, _ => dials.Add(_clock.GetUtcNow()));
        pool.OnConnectTimedOut(ConnectPhase.Handshake);

        for (int trial = 1; trial <= 3; trial++)
        {
            await Eventually.Holds(() => Moves(pool.Health.IsOnTrial), "it is on trial");
            pool.Health.State.Should().Be(EndpointState.Failing);
            pool.Health.Recoveries.Should().BeGreaterThanOrEqualTo(trial);
            pool.OnUnanswered();
        }

        for (int pause = 0; pause < dials.Count - 1; pause++)
        {
            (dials[pause + 1] - dials[pause]).Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(0.8 * Math.Pow(1.6, pause)));
        }

        await Eventually.Holds(() => Moves(pool.Health.IsOnTrial), "it is on trial");
        pool.OnAnswered();
        pool.Health.State.Should().Be(EndpointState.Ready);
        await Eventually.Holds(() => Moves(_recovery.WhenEnded().IsCompleted), "it is well");
    }

    [Fact]
    public async Task NeedsAnAnswer_AcceptsAndCloses_IsNeverOnTrial()
    {
        _listener.Listen();
        bool wasOnTrial = false;
        int accepted = 0;
        Task closing = Task.Run(async () =>
        {
            while (accepted < 4)
            {
                (await _listener.AcceptAsync()).Dispose();
                accepted++;
            }
        });
        EndpointPool pool = Pool(out _);
        pool.OnConnectTimedOut(ConnectPhase.Handshake);

        await Eventually.Holds(() => Moves((wasOnTrial |= pool.Health.IsOnTrial) || closing.IsCompleted), "it is tried again and again");

        wasOnTrial.Should().BeFalse("no request is to meet that");
        pool.BeginDrain("gone");
    }

    [Fact]
    public async Task ConfigureSocketThrowsOnce_TheEndpointIsStillRecovered()
    {
        _listener.Listen();
        int calls = 0;
        EndpointPool pool = Pool(out EndpointDialer dialer, _ =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                throw new NotSupportedException("not yet");
            }
        });
        dialer.Dialled!(Refused);
        await Waiting();
        _clock.Advance(TimeSpan.FromSeconds(1.3));
        await Eventually.Holds(() => pool.Health.Failures == 2, "the first try failed");
        await Waiting();

        _clock.Advance(TimeSpan.FromSeconds(2));

        await Eventually.Holds(() => pool.Health.State is EndpointState.Ready, "it connects");
        await _recovery.WhenEnded();
    }

    [Fact]
    public async Task FailsAgainWhileARecoveryEnds_IsStillLookedAfter()
    {
        _listener.Listen();
        EndpointPool pool = Pool(out EndpointDialer dialer);
        dialer.Dialled!(Refused);
        for (int round = 0; round < 200; round++)
        {
            Task failing = Task.Run(() => FailAsSoonAsReady(pool, dialer));
            await Eventually.Holds(
                () =>
                {
                    _clock.Advance(TimeSpan.FromSeconds(2));
                    return failing.IsCompleted;
                },
                "it is tried again, and fails again");
        }

        pool.BeginDrain("gone");
        await _recovery.WhenEnded();
    }

    private static void FailAsSoonAsReady(EndpointPool pool, EndpointDialer dialer)
    {
        SpinWait spin = default;
        while (pool.Health.State is not EndpointState.Ready)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        dialer.Dialled!(Refused);
    }

    private bool Moves(bool condition)
    {
        _clock.Advance(TimeSpan.FromMilliseconds(50));
        return condition;
    }

    private Task Waiting() => Eventually.Holds(() => _clock.ActiveTimers == 1, "a pause has begun");

    private EndpointPool Pool(out EndpointDialer dialer, Action<Socket>? configure = null)
    {
        IPEndPoint address = (IPEndPoint)_listener.LocalEndPoint!;

        // A connect timeout of for ever sets no timer: the only timer is the pause.
        dialer = new EndpointDialer(new DnsEndPoint("svc.test", address.Port), address, new DialSettings(Timeout.InfiniteTimeSpan, configure, _clock));
        return new EndpointPool(dialer, new StubHandler(), _clock.GetUtcNow, new PoolObserver(BeginIfFailing));

        void BeginIfFailing(EndpointPool pool)
        {
            if (pool.Health.State is EndpointState.Failing)
            {
                _recovery.Begin(pool);
            }
        }
    }
}
