using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The places of the questions to one server. A server that gets too many questions at a time loses some.</summary>
/// <remarks>
/// <para>A question is fresh for a moment: it may still be in the receive buffer of the server. Afterwards it costs only a socket. The
/// usual buffer on Linux (208 KB) has room for 277 questions, or fewer while the server is busy. Each lost question costs a timeout.</para>
/// <para>One zone has half of the places, so that a zone without an answer delays no other. Names in use have places of their own. Of the
/// questions that wait in a zone, the newest is the first: it is the most likely to be waited for.</para>
/// </remarks>
internal sealed class QuestionPlaces
{
    /// <summary>Fresh questions at a time.</summary>
    public const int MaxFresh = 128;

    /// <summary>Fresh questions at a time about the names of one zone.</summary>
    public const int MaxFreshOfZone = 64;

    /// <summary>Questions at a time, fresh or not. Each has a socket.</summary>
    public const int MaxOpen = 1024;

    /// <summary>Of both, those that are left to names in use.</summary>
    public const int LeftToKnown = 32;

    /// <summary>How long a question is fresh.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromMilliseconds(100);

    // Zones that are kept for their next question.
    private const int MaxUnused = 16;

    private readonly OrderedLock _lock = new(LockRank.Questions);
    private readonly Dictionary<string, Zone> _zonesKnown = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Zone> _zonesNew = new(StringComparer.OrdinalIgnoreCase);
    private readonly Queue<Zone> _waitingKnown = new();
    private readonly Queue<Zone> _waitingNew = new();
    private int _fresh;
    private int _freshNew;
    private int _open;
    private int _openNew;

    /// <summary>Waits for a place.</summary>
    /// <param name="name">The absolute name that is asked about. Its parent is its zone.</param>
    /// <param name="isKnown">Whether the name is in use.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Place> EnterAsync(string name, bool isKnown, CancellationToken cancellationToken)
    {
        Waiter waiter = new();
        if (Enter(name, isKnown, waiter) is Place place)
        {
            return place;
        }

        using CancellationTokenRegistration end = cancellationToken.UnsafeRegister(
            static (waiting, token) => ((Waiter)waiting!).TrySetCanceled(token), waiter);
        return await waiter.Task.ConfigureAwait(false);
    }

    /// <summary>A place; null if there is none at the moment. Then the seeker is given one later.</summary>
    public Place? Enter(string name, bool isKnown, IPlaceSeeker seeker)
    {
        using (_lock.Enter())
        {
            Zone zone = ZoneOf_NeedsLock(name, isKnown);
            if (TryEnter_NeedsLock(zone) is Place place)
            {
                return place;
            }

            zone.Waiting.Push(seeker);
            Line_NeedsLock(zone);
            return null;
        }
    }

    /// <summary>A place; null if there is none at the moment, or if other questions wait for one.</summary>
    public Place? TryEnter(string name, bool isKnown)
    {
        using (_lock.Enter())
        {
            Zone zone = ZoneOf_NeedsLock(name, isKnown);
            Place? place = TryEnter_NeedsLock(zone);
            DropIfUnused_NeedsLock(zone);
            return place;
        }
    }

    private Zone ZoneOf_NeedsLock(string name, bool isKnown)
    {
        _lock.AssertHeld();
        Dictionary<string, Zone>.AlternateLookup<ReadOnlySpan<char>> zones =
            (isKnown ? _zonesKnown : _zonesNew).GetAlternateLookup<ReadOnlySpan<char>>();
        ReadOnlySpan<char> key = name.AsSpan(name.IndexOf('.', StringComparison.Ordinal) is int dot and >= 0 ? dot + 1 : name.Length);
        if (!zones.TryGetValue(key, out Zone? zone))
        {
            zones[key] = zone = new Zone(key.ToString(), isKnown);
        }

        return zone;
    }

    private Place? TryEnter_NeedsLock(Zone zone)
    {
        _lock.AssertHeld();
        bool isFull = !HasRoom_NeedsLock(zone.IsKnown) || zone.Fresh >= MaxFreshOfZone || zone.Waiting.Count > 0;
        return isFull ? null : Take_NeedsLock(zone);
    }

    private bool HasRoom_NeedsLock(bool isKnown)
    {
        _lock.AssertHeld();
        return _fresh < MaxFresh && _open < MaxOpen
            && (isKnown || (_freshNew < MaxFresh - LeftToKnown && _openNew < MaxOpen - LeftToKnown));
    }

    private Place Take_NeedsLock(Zone zone)
    {
        _lock.AssertHeld();
        Count_NeedsLock(zone, fresh: 1, open: 1);
        return new Place(this, zone);
    }

    private void Count_NeedsLock(Zone zone, int fresh, int open)
    {
        _lock.AssertHeld();
        (_fresh, _open, zone.Fresh) = (_fresh + fresh, _open + open, zone.Fresh + fresh);
        if (!zone.IsKnown)
        {
            (_freshNew, _openNew) = (_freshNew + fresh, _openNew + open);
        }
    }

    private void GiveBack(Zone zone, int fresh, int open)
    {
        using (_lock.Enter())
        {
            Count_NeedsLock(zone, -fresh, -open);
            Line_NeedsLock(zone);
            Admit_NeedsLock(_waitingKnown, isKnown: true);
            Admit_NeedsLock(_waitingNew, isKnown: false);
            DropIfUnused_NeedsLock(zone);
        }
    }

    // The zones take turns. A zone without room of its own is in no line.
    private void Line_NeedsLock(Zone zone)
    {
        _lock.AssertHeld();
        if (!zone.IsInLine && zone.Waiting.Count > 0 && zone.Fresh < MaxFreshOfZone)
        {
            zone.IsInLine = true;
            (zone.IsKnown ? _waitingKnown : _waitingNew).Enqueue(zone);
        }
    }

    private void Admit_NeedsLock(Queue<Zone> line, bool isKnown)
    {
        _lock.AssertHeld();
        while (HasRoom_NeedsLock(isKnown) && line.TryDequeue(out Zone? zone))
        {
            zone.IsInLine = false;
            if (zone.Fresh < MaxFreshOfZone)
            {
                AdmitNewest_NeedsLock(zone);
            }

            Line_NeedsLock(zone);
            DropIfUnused_NeedsLock(zone);
        }
    }

    private void AdmitNewest_NeedsLock(Zone zone)
    {
        _lock.AssertHeld();
        while (zone.Waiting.TryPop(out IPlaceSeeker? seeker))
        {
            Place place = Take_NeedsLock(zone);
            if (seeker.TryGive(place))
            {
                return;
            }

            // It was cancelled.
            Count_NeedsLock(zone, fresh: -1, open: -1);
        }
    }

    private void DropIfUnused_NeedsLock(Zone zone)
    {
        _lock.AssertHeld();
        Dictionary<string, Zone> zones = zone.IsKnown ? _zonesKnown : _zonesNew;
        if (zone is { Fresh: 0, Waiting.Count: 0, IsInLine: false } && zones.Count > MaxUnused)
        {
            zones.Remove(zone.Name);
        }
    }

    /// <summary>One question under way.</summary>
    internal sealed class Place(QuestionPlaces owner, Zone zone) : IDisposable
    {
        private int _state; // 0: fresh, 1: not fresh, 2: given back

        /// <summary>The question is not fresh any more.</summary>
        public void GrowOld()
        {
            if (Interlocked.CompareExchange(ref _state, 1, 0) == 0)
            {
                owner.GiveBack(zone, fresh: 1, open: 0);
            }
        }

        public void Dispose()
        {
            int before = Interlocked.Exchange(ref _state, 2);
            if (before < 2)
            {
                owner.GiveBack(zone, fresh: before == 0 ? 1 : 0, open: 1);
            }
        }
    }

    /// <summary>The names of one parent, in use or new.</summary>
    internal sealed class Zone(string name, bool isKnown)
    {
        public string Name => name;

        public bool IsKnown => isKnown;

        public int Fresh { get; set; }

        public Stack<IPlaceSeeker> Waiting { get; } = new();

        public bool IsInLine { get; set; }
    }

    private sealed class Waiter() : TaskCompletionSource<Place>(TaskCreationOptions.RunContinuationsAsynchronously), IPlaceSeeker
    {
        public bool TryGive(Place place) => TrySetResult(place);
    }
}
