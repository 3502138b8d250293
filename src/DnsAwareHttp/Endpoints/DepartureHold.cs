using System.Collections.Immutable;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Endpoints;

/// <summary>Holds departing pools or targets until an endpoint that stays is connected, 2 s at most: make before break.</summary>
/// <typeparam name="T">A pool that leaves, or a target of a service.</typeparam>
/// <param name="scope">The origin.</param>
/// <param name="sync">The origin's lock.</param>
/// <param name="replacements">The endpoints that stay. Called under the lock.</param>
/// <param name="isConnected">Whether a departing pool or target has a connection.</param>
/// <param name="release">Lets the held pools or targets go. Called under the lock.</param>
internal sealed class DepartureHold<T>(
    OriginScope scope, OrderedLock sync, Func<ImmutableArray<EndpointPool>> replacements, Func<T, bool> isConnected,
    Action<ImmutableArray<T>> release)
{
    /// <summary>The longest wait for a connected replacement.</summary>
    public static readonly TimeSpan MaxHold = TimeSpan.FromSeconds(2);

    /// <summary>Replacements that are dialled while others are held.</summary>
    private const int MaxDialled = 6;

    private readonly HashSet<EndpointPool> _dialled = [];
    private ITimer? _timer;
    private DateTimeOffset _heldSince;
    private DateTimeOffset? _replaceableSince;

    /// <summary>The longest hold while there is no replacement at all.</summary>
    public TimeSpan MaxHoldWithoutReplacement { get; init; } = TimeSpan.Zero;

    /// <summary>The held pools or targets. They are still offered to requests.</summary>
    public ImmutableArray<T> Held { get; private set; } = [];

    /// <summary>Holds further pools or targets.</summary>
    /// <returns>All that may go now, the earlier ones included; empty while they are held.</returns>
    public ImmutableArray<T> Add_NeedsLock(ImmutableArray<T> leaving)
    {
        sync.AssertHeld();
        _heldSince = Held.IsEmpty ? scope.Clock.Now : _heldSince;
        Held = [.. Held, .. leaving];
        if (Held.IsEmpty || MayGo_NeedsLock())
        {
            return End_NeedsLock();
        }

        _dialled.Clear();
        Wait_NeedsLock();
        return [];
    }

    /// <summary>Holds exactly these from now on.</summary>
    public ImmutableArray<T> Replace_NeedsLock(ImmutableArray<T> leaving)
    {
        sync.AssertHeld();
        Held = [.. Held.Where(leaving.Contains)];
        return Add_NeedsLock([.. leaving.Where(leaver => !Held.Contains(leaver))]);
    }

    /// <summary>The replacements may have changed.</summary>
    public void Check_NeedsLock()
    {
        sync.AssertHeld();
        if (Held.IsEmpty)
        {
            return;
        }

        if (MayGo_NeedsLock())
        {
            release(End_NeedsLock());
        }
        else
        {
            Wait_NeedsLock();
        }
    }

    /// <summary>Ends the hold.</summary>
    /// <returns>The pools or targets that were held.</returns>
    public ImmutableArray<T> End_NeedsLock()
    {
        sync.AssertHeld();
        ImmutableArray<T> held = Held;
        Held = [];
        _timer?.Dispose();
        _timer = null;
        _replaceableSince = null;
        _dialled.Clear();
        return held;
    }

    private bool MayGo_NeedsLock()
    {
        sync.AssertHeld();
        ImmutableArray<EndpointPool> staying = replacements();
        if (staying.IsEmpty)
        {
            // The replacements may have left again. Their time must not stay behind: the timer would fire without a pause.
            _replaceableSince = null;
            return scope.Clock.Now - _heldSince >= MaxHoldWithoutReplacement;
        }

        _replaceableSince ??= scope.Clock.Now;
        return staying.Any(static pool => pool.IsConnected && pool.Health.Probe is not ProbeState.Awaited)
            || !Held.Any(isConnected) || scope.Lateness is { WasPaused: true }
            || scope.Clock.Now - _replaceableSince >= MaxHold;
    }

    private void Wait_NeedsLock()
    {
        sync.AssertHeld();
        DateTimeOffset due = _replaceableSince is DateTimeOffset since ? since + MaxHold : _heldSince + MaxHoldWithoutReplacement;
        TimeSpan wait = due - scope.Clock.Now;
        _timer ??= Background.CreateTimer(
            scope.Clock.Provider, "the hold of departures", scope.Logger, this, static hold => hold.Check(),
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _ = _timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        foreach (EndpointPool pool in replacements().Take(MaxDialled).Where(_dialled.Add))
        {
            Background.Start("the dial of a replacement", scope.Logger, () => CheckWhenConnectedAsync(pool));
        }
    }

    private async Task CheckWhenConnectedAsync(EndpointPool pool)
    {
        if (await pool.DialAheadAsync().ConfigureAwait(false) is null)
        {
            Check();
        }
    }

    private void Check()
    {
        using (sync.Enter())
        {
            Check_NeedsLock();
        }
    }
}
