using System.Threading.Channels;

namespace DnsAwareHttp.Diagnostics;

/// <summary>One reader of the changes: a bounded queue. If it is full, the oldest changes are lost, and counted.</summary>
internal sealed class ChangeReader : IAsyncEnumerator<DnsAwareChange>
{
    /// <summary>The most changes that wait for the reader.</summary>
    public const int MaxUnread = 1024;

    private readonly ChangeJournal _journal;
    private readonly CancellationToken _cancellationToken;
    private readonly Channel<DnsAwareChange> _unread;
    private DnsAwareChange? _current;
    private DnsAwareChange? _lastLost;
    private long _lost;

    public ChangeReader(ChangeJournal journal, CancellationToken cancellationToken)
    {
        _journal = journal;
        _cancellationToken = cancellationToken;
        _unread = Channel.CreateBounded<DnsAwareChange>(
            // Continuations are code of the application: never on the thread of the one who notes a change.
            new BoundedChannelOptions(MaxUnread) { FullMode = BoundedChannelFullMode.DropOldest, AllowSynchronousContinuations = false },
            OnLost);
    }

    public DnsAwareChange Current => _current ?? throw new InvalidOperationException("Nothing was read yet.");

    public void Push(DnsAwareChange change) => _unread.Writer.TryWrite(change);

    public void Complete() => _unread.Writer.TryComplete();

    public async ValueTask<bool> MoveNextAsync()
    {
        do
        {
            _cancellationToken.ThrowIfCancellationRequested();
            if ((TakeLost() ?? TakeUnread()) is DnsAwareChange next)
            {
                _current = next;
                return true;
            }
        }
        while (await WaitAsync().ConfigureAwait(false));
        return false;
    }

    public ValueTask DisposeAsync()
    {
        _journal.Remove(this);
        _unread.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    private DnsAwareChange.Missed? TakeLost() =>
        Interlocked.Exchange(ref _lost, 0) is > 0 and long count
            ? new DnsAwareChange.Missed { At = Volatile.Read(ref _lastLost)!.At, Origin = "", Count = count }
            : null;

    private DnsAwareChange? TakeUnread() => _unread.Reader.TryRead(out DnsAwareChange? change) ? change : null;

    private async Task<bool> WaitAsync()
    {
        _journal.BeginWait(this);
        try
        {
            return await _unread.Reader.WaitToReadAsync(_cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _journal.EndWait(this);
        }
    }

    private void OnLost(DnsAwareChange change)
    {
        Volatile.Write(ref _lastLost, change);
        Interlocked.Increment(ref _lost);
    }
}
