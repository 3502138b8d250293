namespace DnsAwareHttp.Concurrency;

/// <summary>A lock with a place in the order of all locks. Calls of application code wait until the thread has released all
/// locks.</summary>
/// <remarks>
/// <code>using (_lock.Enter()) { … }</code>
/// With <see cref="ChecksOrder"/> a thread that takes locks in another order than <see cref="LockRank"/> fails at once.
/// A lock may be taken again by the thread that holds it.
/// </remarks>
internal sealed class OrderedLock(LockRank rank)
{
    [ThreadStatic]
    private static Held? _held;

    private readonly Lock _lock = new();

    /// <summary>Whether order and ownership are checked: in debug builds, and in the tests.</summary>
    public static bool ChecksOrder { get; set; } = IsDebugBuild;

    private const bool IsDebugBuild =
#if DEBUG
        true;
#else
        false;
#endif

    /// <summary>Whether this thread holds a lock of the library.</summary>
    public static bool IsAnyHeld => _held is { Depth: > 0 };

    public LockRank Rank => rank;

    public bool IsHeldByCurrentThread => _lock.IsHeldByCurrentThread;

    /// <summary>Takes the lock until the result is disposed.</summary>
    public Scope Enter()
    {
        Held held = _held ??= new Held();
        held.Check(this);
        _lock.Enter();
        held.Push(rank);
        return new Scope(this, held);
    }

    /// <summary>Takes the lock if no other thread holds it.</summary>
    /// <returns>False: it was not taken, and <paramref name="scope"/> releases nothing.</returns>
    public bool TryEnter(out Scope scope)
    {
        Held held = _held ??= new Held();
        held.Check(this);
        if (!_lock.TryEnter())
        {
            scope = default;
            return false;
        }

        held.Push(rank);
        scope = new Scope(this, held);
        return true;
    }

    /// <summary>Fails if this thread does not hold the lock. The first statement of each method called <c>…_NeedsLock</c>.</summary>
    public void AssertHeld()
    {
        if (ChecksOrder && !_lock.IsHeldByCurrentThread)
        {
            throw new InvalidOperationException($"This thread does not hold the lock {rank}.");
        }
    }

    /// <summary>Fails if this thread holds a lock of the library.</summary>
    public static void AssertNoneHeld()
    {
        if (ChecksOrder && IsAnyHeld)
        {
            throw new InvalidOperationException($"Code of the application would run under the lock {_held!.Innermost}.");
        }
    }

    /// <summary>Runs an action on this thread: at once, or after the thread has released all its locks.</summary>
    /// <param name="action">It must not throw.</param>
    public static void AfterRelease(Action action) => (_held ??= new Held()).Run(action);

    private void Exit(Held held)
    {
        held.Pop();
        _lock.Exit();
        held.RunWaiting();
    }

    /// <summary>Holds a lock until it is disposed.</summary>
    internal readonly ref struct Scope(OrderedLock? owner, Held held)
    {
        public void Dispose() => owner?.Exit(held);
    }

    /// <summary>The locks of one thread, and the actions that wait for their release.</summary>
    internal sealed class Held
    {
        private readonly List<LockRank> _ranks = [];
        private readonly Queue<Action> _waiting = [];

        public int Depth => _ranks.Count;

        public LockRank Innermost => _ranks.Max();

        public void Check(OrderedLock next)
        {
            // Not the latest one alone: a lock that was taken again may have a lower rank than one that was taken before.
            if (ChecksOrder && _ranks.Count > 0 && next.Rank <= Innermost && !next.IsHeldByCurrentThread)
            {
                throw new InvalidOperationException(
                    $"The lock {next.Rank} is taken inside the lock {Innermost}. LockRank orders them the other way.");
            }
        }

        public void Push(LockRank rank) => _ranks.Add(rank);

        public void Pop() => _ranks.RemoveAt(_ranks.Count - 1);

        public void Run(Action action)
        {
            if (_ranks.Count == 0)
            {
                action();
            }
            else
            {
                _waiting.Enqueue(action);
            }
        }

        public void RunWaiting()
        {
            while (_ranks.Count == 0 && _waiting.TryDequeue(out Action? action))
            {
                action();
            }
        }
    }
}
