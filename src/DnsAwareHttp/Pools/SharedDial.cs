using System.Diagnostics;
using System.Net.Sockets;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Pools;

/// <summary>The dial to one address that all requests share. Its socket is parked; its failure is passed on once.</summary>
/// <param name="time">The clock.</param>
internal sealed class SharedDial(TimeProvider time)
{
    private static readonly TimeSpan RecentFailureLifetime = TimeSpan.FromSeconds(1);

    private readonly OrderedLock _sync = new(LockRank.Dial);
    private Task<Exception?>? _running;
    private (Exception Failure, long At)? _recentFailure;

    /// <summary>Keeps the sockets.</summary>
    public ParkedSockets Parked { get; } = new(time);

    /// <summary>Begins a dial, or joins the one that is under way.</summary>
    /// <param name="dial">Dials.</param>
    /// <returns>Null when a socket is parked, else why not. Never fails.</returns>
    public Task<Exception?> Begin(Func<ValueTask<Socket>> dial)
    {
        // The span of the socket belongs to the request that began the dial. Other requests may wait for it, too.
        Activity? beginner = DnsAwareActivities.Beginner;
        using (_sync.Enter())
        {
            return _running ??= Background.Run(() => RunAsync(dial, beginner));
        }
    }

    /// <summary>As <see cref="Begin"/>, but if no dial is under way, none begins while a condition holds.</summary>
    public Task<Exception?> BeginUnless(Func<bool> condition, Func<ValueTask<Socket>> dial)
    {
        using (_sync.Enter())
        {
            // Without the lock a caller could see no connection, and miss the end of the dial. It would open a second socket for nothing.
            return _running is null && condition() ? Task.FromResult<Exception?>(null) : Begin(dial);
        }
    }

    /// <summary>A dial that was begun for one request goes on for all.</summary>
    public void Keep(Task<Socket> dial)
    {
        using (_sync.Enter())
        {
            if (_running is null)
            {
                _running = Background.Run(() => RunAsync(() => new ValueTask<Socket>(dial), beginner: null));
                return;
            }
        }

        Background.Run(() => ParkAsync(() => new ValueTask<Socket>(dial))).Forget();
    }

    /// <summary>The next request that needs a connection gets this error. It does not wait for the same failure again.</summary>
    public void PassOn(Exception failure)
    {
        using (_sync.Enter())
        {
            _recentFailure = (failure, time.GetTimestamp());
        }
    }

    /// <summary>Throws the failure that was passed on a moment ago, once.</summary>
    public void ThrowPassedOn()
    {
        if (ForgetFailure() is ({ } failure, long at) && time.GetElapsedTime(at) < RecentFailureLifetime)
        {
            throw failure is SocketException socket ? new SocketException((int)socket.SocketErrorCode) : failure;
        }
    }

    private async Task<Exception?> RunAsync(Func<ValueTask<Socket>> dial, Activity? beginner)
    {
        try
        {
            DnsAwareActivities.GoOnIn(beginner);
            return await ParkAsync(dial).ConfigureAwait(false);
        }
        finally
        {
            using (_sync.Enter())
            {
                _running = null;
            }
        }
    }

    private async Task<Exception?> ParkAsync(Func<ValueTask<Socket>> dial)
    {
        try
        {
            Parked.Park(await dial().ConfigureAwait(false));
            ForgetFailure();
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    private (Exception Failure, long At)? ForgetFailure()
    {
        using (_sync.Enter())
        {
            (Exception Failure, long At)? recent = _recentFailure;
            _recentFailure = null;
            return recent;
        }
    }
}
