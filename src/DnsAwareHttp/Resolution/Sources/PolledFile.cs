using DnsAwareHttp.Diagnostics;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>A text file that is looked at again and again, and read anew only when nobody is writing to it any more.</summary>
/// <remarks>It is polled because file system events do not reach container mounts. While it cannot be read, what was read before stands.</remarks>
internal sealed class PolledFile<T>(string path, TimeSpan period, Func<string?, T> parse, TimeProvider timeProvider, ILogger logger)
    where T : class
{
    // Two looks this far apart with the same result: the writer is done.
    private static readonly TimeSpan SettleInterval = TimeSpan.FromMilliseconds(100);

    // A writer that is never done is not waited for any longer, and a file that is away for so long is not being renamed: it is gone.
    private static readonly TimeSpan SettleLimit = TimeSpan.FromMilliseconds(600);

    private const int FirstAttempts = 3;
    private const int SmallLength = 64 * 1024;

    private readonly object _gate = new();
    private volatile Content? _content;
    private Action<T, T>? _changed;
    private Content? _whenUnwatched;
    private volatile ITimer? _timer;
    private long _lookedAt;
    private FileStat _seen;
    private long? _settlingSince;
    private long? _goneSince;
    private bool _isUnreadable;

    /// <summary>What the file says. Never waits for anything but the disk; where nobody watches, the file is looked at here.</summary>
    public T Current
    {
        get
        {
            if (_content is Content content && _timer is not null)
            {
                return content.Value;
            }

            lock (_gate)
            {
                LookUnwatched_NeedsLock();
                return _content!.Value;
            }
        }
    }

    /// <summary>
    /// Polls until the returned object is disposed. <paramref name="changed"/> gets what the file said before and what it says now; it must not throw.
    /// What changed since the last watch ended is told at once.
    /// </summary>
    public IDisposable Watch(Action<T, T> changed)
    {
        Content? before;
        Content now;
        lock (_gate)
        {
            LookUnwatched_NeedsLock();
            (before, now) = (_whenUnwatched, _content!);
            _changed = changed;
            if (_timer is null)
            {
                // Set going only when it can be found: a look sets it again.
                _timer = Background.CreateTimer(timeProvider, "the poll of a file", logger, this, static file => file.Poll(), Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _ = _timer.Change(NextLook(), Timeout.InfiniteTimeSpan);
            }
        }

        if (before is not null && !ReferenceEquals(before.Value, now.Value))
        {
            changed(before.Value, now.Value);
        }

        return new WatchEnd(Unwatch);
    }

    /// <summary>As <see cref="Watch"/>, for a file that may touch any name (<see cref="INameChanges"/>): told is only that what it says is another.</summary>
    public IDisposable WatchForAnyName(Action<IReadOnlySet<string>?> changed) => Watch((before, after) =>
    {
        if (!before.Equals(after))
        {
            changed(null);
        }
    });

    private void Unwatch()
    {
        lock (_gate)
        {
            _changed = null;
            _whenUnwatched = _content;
            _timer?.Dispose();
            _timer = null;
        }
    }

    // The timer fires once and is set again here, so that no look begins before the last one has ended.
    private void Poll()
    {
        try
        {
            if (LookWatched() is (T before, T after))
            {
                _changed?.Invoke(before, after);
            }
        }
        catch (Exception exception)
        {
            logger.FilePollThrew(path, exception);
        }
        finally
        {
            _ = _timer?.Change(NextLook(), Timeout.InfiniteTimeSpan);
        }
    }

    private (T Before, T After)? LookWatched()
    {
        lock (_gate)
        {
            T before = _content!.Value;
            Look_NeedsLock();
            return ReferenceEquals(before, _content.Value) ? null : (before, _content.Value);
        }
    }

    private TimeSpan NextLook() => _settlingSince is null ? period : SettleInterval;

    private void LookUnwatched_NeedsLock()
    {
        if (_content is null)
        {
            ReadFirst_NeedsLock();
        }
        else if (timeProvider.GetElapsedTime(_lookedAt) >= NextLook())
        {
            Look_NeedsLock();
            if (_settlingSince is not null && HasRested_NeedsLock())
            {
                TryAdopt_NeedsLock(isOverdue: false);
            }
        }
    }

    // The first answer cannot wait. If somebody may be writing at this moment, it is read again soon.
    private void ReadFirst_NeedsLock()
    {
        if (_content is not null)
        {
            return;
        }

        for (int attempt = 0; attempt < FirstAttempts && _content is null; attempt++)
        {
            See_NeedsLock();
            TryAdopt_NeedsLock(isOverdue: true);
        }

        _content ??= new Content(null, default, parse(null));
        _settlingSince = HasRested_NeedsLock() ? null : _lookedAt;
    }

    // Only a change that was made long ago is known to be finished at first sight.
    private bool HasRested_NeedsLock() => _seen.Exists && timeProvider.GetUtcNow() - _seen.Written > SettleLimit;

    private void See_NeedsLock()
    {
        _lookedAt = timeProvider.GetTimestamp();
        _seen = FileStat.Of(path);
        _goneSince = _seen.Exists ? null : _goneSince ?? _lookedAt;
    }

    private void Look_NeedsLock()
    {
        FileStat before = _seen;
        See_NeedsLock();
        if (_settlingSince is not long since)
        {
            _settlingSince = IsUnchanged_NeedsLock() ? null : _lookedAt;
            return;
        }

        bool isStill = _seen == before;
        bool isOverdue = IsOver(since);
        if (_seen.Exists ? isStill || isOverdue : _goneSince is long gone && IsOver(gone))
        {
            TryAdopt_NeedsLock(isOverdue);

            // Taken although somebody writes: the next write may leave no trace in the stat, so it is read once more when they are done.
            _settlingSince = isStill ? _settlingSince : _settlingSince ?? _lookedAt;
        }
    }

    // Some file systems count whole seconds, and some tools keep the old time of writing: then a text of the same length leaves no
    // trace in the stat. A small file is read in microseconds, so its text is looked at too.
    private bool IsUnchanged_NeedsLock() =>
        !_isUnreadable
        && _seen == _content!.Stat
        && !(_seen.Exists && _seen.Length <= SmallLength && FileReading.Of(path) is FileReading.Whole whole && whole.Text != _content.Text);

    private bool IsOver(long since) => timeProvider.GetElapsedTime(since, _lookedAt) >= SettleLimit;

    /// <summary>
    /// Reads the file and takes what it says, unless somebody wrote meanwhile. Ends the settling where there is nothing more to wait for.
    /// </summary>
    private void TryAdopt_NeedsLock(bool isOverdue)
    {
        switch (FileReading.Of(path))
        {
            case FileReading.Whole whole when whole.Stat == _seen || (isOverdue && _seen.Exists):
                Adopt_NeedsLock(whole.Text, whole.Stat);
                break;
            case FileReading.Missing when !_seen.Exists:
                Adopt_NeedsLock(null, default);
                break;
            case FileReading.Unreadable unreadable:
                ReportUnreadable_NeedsLock(unreadable.Exception);
                break;
            default:
                // Torn, or changed since it was seen: the next look sees that.
                break;
        }
    }

    private void Adopt_NeedsLock(string? text, FileStat stat)
    {
        (_isUnreadable, _settlingSince) = (false, null);
        if (_content is not Content content)
        {
            _content = new Content(text, stat, parse(text));
        }
        else if (content.Text == text)
        {
            _content = content with { Stat = stat };
        }
        else
        {
            _content = new Content(text, stat, parse(text));
            logger.FileChanged(path);
        }
    }

    private void ReportUnreadable_NeedsLock(Exception exception)
    {
        if (!_isUnreadable)
        {
            logger.FileUnreadable(path, exception);
        }

        (_isUnreadable, _settlingSince) = (true, null);
    }

    private sealed record Content(string? Text, FileStat Stat, T Value);
}
