using System.Collections.Immutable;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Diagnostics;

/// <summary>The changes of one handler: keeps those of the last 15 minutes, and passes each on to the readers.</summary>
/// <remarks>
/// A reader is held weakly, so that a reader that the application dropped is collected. While a reader waits for a change, the journal is
/// the only one that refers to it, and holds it.
/// </remarks>
internal sealed class ChangeJournal : IAsyncEnumerable<DnsAwareChange>
{
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(15);

    /// <summary>The most changes that are kept.</summary>
    public const int MaxKept = 2048;

    private readonly OrderedLock _lock = new(LockRank.Journal);
    private readonly Queue<DnsAwareChange> _kept = new();
    private readonly List<WeakReference<ChangeReader>> _readers = [];
    private readonly HashSet<ChangeReader> _waiting = [];
    private bool _isClosed;

    /// <summary>The readers that may still read.</summary>
    public int ReaderCount
    {
        get
        {
            using (_lock.Enter())
            {
                DropCollected_NeedsLock();
                return _readers.Count;
            }
        }
    }

    /// <summary>Notes a change. Runs no code of the application: readers go on on threads of their own.</summary>
    public void Note(DnsAwareChange change)
    {
        using (_lock.Enter())
        {
            // That the set of addresses changes at each answer is the nature of some names. It would push out all that matters.
            if (change is not DnsAwareChange.AnswerChanged)
            {
                Keep_NeedsLock(change);
            }

            DropCollected_NeedsLock();
            foreach (WeakReference<ChangeReader> reader in _readers)
            {
                if (reader.TryGetTarget(out ChangeReader? target))
                {
                    target.Push(change);
                }
            }
        }
    }

    /// <summary>The changes that are kept, the oldest first.</summary>
    public ImmutableArray<DnsAwareChange> Latest(DateTimeOffset now)
    {
        using (_lock.Enter())
        {
            DropOld_NeedsLock(now);
            return [.. _kept];
        }
    }

    /// <summary>Begins to read. The caller gets all changes from now on.</summary>
    public IAsyncEnumerator<DnsAwareChange> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        ChangeReader reader = new(this, cancellationToken);
        using (_lock.Enter())
        {
            if (_isClosed)
            {
                reader.Complete();
            }
            else
            {
                _readers.Add(new WeakReference<ChangeReader>(reader));
            }
        }

        return reader;
    }

    /// <summary>Ends all readers, once they have read what they were given.</summary>
    public void Close()
    {
        using (_lock.Enter())
        {
            _isClosed = true;
            foreach (WeakReference<ChangeReader> reader in _readers)
            {
                if (reader.TryGetTarget(out ChangeReader? target))
                {
                    target.Complete();
                }
            }

            _readers.Clear();
        }
    }

    /// <summary>The reader waits for a change: it is in use, though nothing else may refer to it.</summary>
    public void BeginWait(ChangeReader reader)
    {
        using (_lock.Enter())
        {
            _waiting.Add(reader);
        }
    }

    public void EndWait(ChangeReader reader)
    {
        using (_lock.Enter())
        {
            _waiting.Remove(reader);
        }
    }

    /// <summary>The reader reads no more.</summary>
    public void Remove(ChangeReader reader)
    {
        using (_lock.Enter())
        {
            _readers.RemoveAll(other => !other.TryGetTarget(out ChangeReader? target) || target == reader);
            _waiting.Remove(reader);
        }
    }

    private void Keep_NeedsLock(DnsAwareChange change)
    {
        _lock.AssertHeld();
        _kept.Enqueue(change);
        if (_kept.Count > MaxKept)
        {
            _kept.Dequeue();
        }

        DropOld_NeedsLock(change.At);
    }

    private void DropOld_NeedsLock(DateTimeOffset now)
    {
        _lock.AssertHeld();
        while (_kept.TryPeek(out DnsAwareChange? oldest) && now - oldest.At > MaxAge)
        {
            _kept.Dequeue();
        }
    }

    private void DropCollected_NeedsLock()
    {
        _lock.AssertHeld();
        _readers.RemoveAll(static reader => !reader.TryGetTarget(out _));
    }
}
