namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Decides when a file that is being written is read: at rest, or after the longest wait.</summary>
/// <remarks>Pure: each event gives the next state.</remarks>
/// <param name="Seen">The stat at the last look.</param>
/// <param name="SeenAt">The time of the last look.</param>
internal sealed record FileSettling(FileStat Seen, DateTimeOffset SeenAt)
{
    /// <summary>Two looks this far apart with the same stat: the writer is done.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait for a writer. A file that is away for this time is not being renamed: it is gone.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(600);

    /// <summary>When a change was first seen; null while the file is at rest.</summary>
    public DateTimeOffset? ChangingSince { get; private init; }

    /// <summary>Whether the file could not be opened when it was last read.</summary>
    public bool IsUnreadable { get; private init; }

    public bool IsChanging => ChangingSince is not null;

    /// <summary>Whether the file is to be read now, because its writer is done or was waited for long enough.</summary>
    public bool IsDue =>
        IsChanging && (Seen.Exists ? IsStill || IsOverdue : MissingSince is DateTimeOffset since && SeenAt - since >= Limit);

    /// <summary>When the file was first found missing; null while it exists.</summary>
    private DateTimeOffset? MissingSince { get; init; }

    /// <summary>Whether the last two looks saw the same.</summary>
    private bool IsStill { get; init; }

    private bool IsOverdue => ChangingSince is DateTimeOffset since && SeenAt - since >= Limit;

    /// <summary>The state before the first look.</summary>
    public static FileSettling Begin(DateTimeOffset now) => new(default, now);

    /// <summary>Event: the file was looked at.</summary>
    public FileSettling Look(FileStat stat, DateTimeOffset now) => this with
    {
        Seen = stat,
        SeenAt = now,
        IsStill = stat == Seen,
        MissingSince = stat.Exists ? null : MissingSince ?? now,
    };

    /// <summary>Event: the content changed since it was read, or the file may be being written.</summary>
    public FileSettling Change() => this with { ChangingSince = SeenAt };

    /// <summary>Event: the file was read, and its content was taken.</summary>
    /// <remarks>If it was written meanwhile, it is read once more later: the next write may leave no trace in the stat.</remarks>
    public FileSettling Adopt() => this with { IsUnreadable = false, ChangingSince = IsStill || !IsOverdue ? null : SeenAt };

    /// <summary>Event: the last change is known to be finished.</summary>
    public FileSettling Rest() => this with { ChangingSince = null };

    /// <summary>Event: the file could not be opened. Every look tries again.</summary>
    public FileSettling Fail() => this with { IsUnreadable = true, ChangingSince = IsStill || !IsOverdue ? null : SeenAt };

    /// <summary>Whether the content that was read is the content of the last look. A writer that was waited for long enough is
    /// ignored.</summary>
    /// <param name="reading">The content.</param>
    /// <param name="isUrgent">Whether there is no time to wait for the writer.</param>
    public bool Accepts(FileReading reading, bool isUrgent) => reading switch
    {
        FileReading.Whole whole => whole.Stat == Seen || (Seen.Exists && (isUrgent || IsOverdue)),
        FileReading.Missing => !Seen.Exists,
        _ => false,
    };

    /// <summary>Whether the last change is old enough to be finished, at first sight.</summary>
    /// <param name="wallClock">The time by the clock that dates files.</param>
    public bool HasRested(DateTimeOffset wallClock) => Seen.Exists && wallClock - Seen.Written > Limit;
}
