using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Diagnostics;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>A text file that is polled, and read anew when its writer is done (<see cref="FileSettling"/>).</summary>
/// <remarks>
/// It is polled because file system events do not reach container mounts. While it is unreadable, the last content holds.
/// </remarks>
internal sealed class PolledFile<T>(
    string path, TimeSpan period, Func<string?, T> parse, TimeProvider timeProvider, ILogger logger, bool isNamed)
    where T : class
{
    private const int FirstAttempts = 3;
    private const int SmallLength = 64 * 1024;

    private readonly OrderedLock _lock = new(LockRank.File);
    private readonly SteadyClock _clock = new(timeProvider);
    private readonly FileReport _report = new(path, isNamed, logger);
    private volatile Content? _content;
    private volatile ITimer? _timer;
    private FileSettling? _settling;
    private Action<T, T>? _changed;
    private Content? _whenUnwatched;

    /// <summary>The content where it is known without a look at the disk: while the file is watched.</summary>
    public T? Known => _timer is not null ? _content?.Value : null;

    /// <summary>The content. Waits only for the disk. Without a watch the file is checked here.</summary>
    public T Current
    {
        get
        {
            if (Known is T known)
            {
                return known;
            }

            using (_lock.Enter())
            {
                return LookUnwatched_NeedsLock().Value;
            }
        }
    }

    /// <summary>
    /// Polls until the returned object is disposed. <paramref name="changed"/> receives the content before and after; it must not throw.
    /// A change since the end of the last watch is reported at once. A file that nobody has asked for is not read here.
    /// </summary>
    public IDisposable Watch(Action<T, T> changed)
    {
        Content? before, now;
        using (_lock.Enter())
        {
            now = _content is null ? null : LookUnwatched_NeedsLock();
            before = _whenUnwatched;
            _changed = changed;
            StartTimer_NeedsLock();
        }

        if (before is not null && now is not null && !ReferenceEquals(before.Value, now.Value))
        {
            changed(before.Value, now.Value);
        }

        return new WatchEnd(Unwatch);
    }

    /// <summary>As <see cref="Watch"/>, for a file that may affect any name. Reports only that the content changed.</summary>
    public IDisposable WatchForAnyName(Action<IReadOnlySet<string>?> changed) => Watch((before, after) =>
    {
        if (!before.Equals(after))
        {
            changed(null);
        }
    });

    private void StartTimer_NeedsLock()
    {
        _lock.AssertHeld();
        if (_timer is null)
        {
            // The timer starts after the field has it, because each look sets it again.
            _timer = Background.CreateTimer(
                timeProvider, "the poll of a file", logger, this, static file => file.Poll(),
                Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _ = _timer.Change(_content is null ? TimeSpan.Zero : NextLook_NeedsLock(), Timeout.InfiniteTimeSpan);
        }
    }

    private void Unwatch()
    {
        using (_lock.Enter())
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
            using (_lock.Enter())
            {
                _ = _timer?.Change(NextLook_NeedsLock(), Timeout.InfiniteTimeSpan);
            }
        }
    }

    private (T Before, T After)? LookWatched()
    {
        using (_lock.Enter())
        {
            T before = (_content ?? ReadFirst_NeedsLock()).Value;
            // A look at nearly the moment of the last one shows no rest.
            _ = _clock.Now - _settling!.SeenAt >= FileSettling.Interval / 2 ? Look_NeedsLock(_settling) : _settling;
            return ReferenceEquals(before, _content!.Value) ? null : (before, _content.Value);
        }
    }

    private TimeSpan NextLook_NeedsLock()
    {
        _lock.AssertHeld();
        return _settling is { IsChanging: true } ? FileSettling.Interval : period;
    }

    private Content LookUnwatched_NeedsLock()
    {
        _lock.AssertHeld();
        if (_content is null || _settling is not FileSettling settling)
        {
            return ReadFirst_NeedsLock();
        }

        if (_clock.Now - settling.SeenAt >= NextLook_NeedsLock())
        {
            settling = Look_NeedsLock(settling);
            if (settling.IsChanging && settling.HasRested(timeProvider.GetUtcNow()))
            {
                _settling = Read_NeedsLock(settling, isUrgent: false);
            }
        }

        return _content;
    }

    // The first answer cannot wait. If the file may be being written at this moment, it is read again soon.
    private Content ReadFirst_NeedsLock()
    {
        _lock.AssertHeld();
        FileSettling settling = FileSettling.Begin(_clock.Now);
        for (int attempt = 0; attempt < FirstAttempts && _content is null; attempt++)
        {
            settling = Read_NeedsLock(settling.Look(FileStat.Of(path), _clock.Now), isUrgent: true);
        }

        _settling = settling.HasRested(timeProvider.GetUtcNow()) ? settling.Rest() : settling.Change();
        return _content ??= new Content(null, default, parse(null));
    }

    private FileSettling Look_NeedsLock(FileSettling settling)
    {
        _lock.AssertHeld();
        bool wasChanging = settling.IsChanging;
        settling = settling.Look(FileStat.Of(path), _clock.Now);
        if (!wasChanging && IsChanged_NeedsLock(settling))
        {
            settling = settling.Change();
        }
        else if (settling.IsDue)
        {
            settling = Read_NeedsLock(settling, isUrgent: false);
        }

        return _settling = settling;
    }

    // Some file systems count whole seconds, and some tools keep the old time of writing: then a text of the same length leaves no
    // trace in the stat. A small file is read in microseconds, so its text is compared too.
    private bool IsChanged_NeedsLock(FileSettling settling)
    {
        _lock.AssertHeld();
        return settling.IsUnreadable
            || settling.Seen != _content!.Stat
            || (settling.Seen is { Exists: true, Length: <= SmallLength }
                && !FileReading.HasText(path, _content.Text)
                && FileReading.Of(path) is FileReading.Whole whole
                && whole.Text != _content.Text);
    }

    /// <summary>Reads the file and takes its content, unless it was written meanwhile.</summary>
    private FileSettling Read_NeedsLock(FileSettling settling, bool isUrgent)
    {
        _lock.AssertHeld();
        FileReading reading = FileReading.Of(path);
        if (reading is FileReading.Unreadable unreadable)
        {
            if (!settling.IsUnreadable)
            {
                _report.OnUnreadable(unreadable.Exception, wasRead: _content is not null);
            }

            return settling.Fail();
        }

        // Content that is not accepted was written since it was seen. The next look sees that.
        if (!settling.Accepts(reading, isUrgent))
        {
            return settling;
        }

        Adopt_NeedsLock(reading as FileReading.Whole);
        return settling.Adopt();
    }

    private void Adopt_NeedsLock(FileReading.Whole? read)
    {
        _lock.AssertHeld();
        (string? text, FileStat stat) = (read?.Text, read?.Stat ?? default);
        bool isSmall = text is null || text.Length <= SmallLength;
        if (isSmall && _content is Content content && content.Text == text && content.Stat.Exists == stat.Exists)
        {
            _content = content with { Stat = stat };
            return;
        }

        // The text of a large file would only take memory.
        bool isFirst = _content is null;
        _content = new Content(isSmall ? text : null, stat, parse(text));
        _report.OnRead(exists: text is not null, isFirst);
    }

    private sealed record Content(string? Text, FileStat Stat, T Value);
}
