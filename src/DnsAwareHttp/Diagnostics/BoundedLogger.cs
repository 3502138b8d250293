using System.Collections.Concurrent;
using DnsAwareHttp.Concurrency;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Diagnostics;

/// <summary>
/// The log of the library: one event is logged at most 20 times a minute about the same name or file, and about 100 of them at most.
/// </summary>
/// <remarks>
/// A name server or a peer decides how often an address comes, goes, fails or breaks, and users of the application may decide which names
/// are asked for. They must not fill the log of the application. Lines for debugging are not bounded, and lines about options and clients
/// are not: only the application causes them.
/// </remarks>
internal sealed class BoundedLogger(ILogger inner, TimeProvider time) : ILogger
{
    /// <summary>The number of lines of one event about one subject in a <see cref="Window"/>.</summary>
    public const int MaxLines = 20;

    /// <summary>The number of subjects of one event in a <see cref="Window"/>. All others share the lines of one subject.</summary>
    public const int MaxSubjectsOfEvent = 100;

    private const string OtherSubjects = "Other names";
    private const int MaxSubjects = 4096;
    private const int FirstOfApplication = 60;

    private readonly ConcurrentDictionary<(int Event, string Subject), Lines> _written = new();

    // For each event: its subjects in a window, and the lines about those that have no lines of their own.
    private readonly ConcurrentDictionary<int, Lines> _subjects = new();
    private readonly ConcurrentDictionary<int, Lines> _others = new();

    /// <summary>The time that the lines are counted in.</summary>
    public static TimeSpan Window { get; } = TimeSpan.FromMinutes(1);

    /// <summary>The number of events and subjects that are counted.</summary>
    public int Subjects => _written.Count;

    /// <summary>Makes the logger of a public type's category, whose provider may throw or block.</summary>
    public static ILogger Create<T>(ILoggerFactory factory, TimeProvider time) => new BoundedLogger(GuardedLogger.Create<T>(factory), time);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel < LogLevel.Information || eventId.Id >= FirstOfApplication)
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
            return;
        }

        string subject = SubjectOf(state);
        Lines lines = Count(eventId.Id, subject);
        if (lines.IsOfOther)
        {
            subject = OtherSubjects;
            lines = CountUpTo(MaxLines, _others, eventId.Id);
        }

        if (lines.Count <= MaxLines)
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }

        if (lines.Count == MaxLines)
        {
            inner.LinesLeftOut(logLevel, subject, eventId.Name, MaxLines, Window.TotalSeconds);
        }
    }

    // The first value of each event is its subject: a name, an origin or a file.
    private static string SubjectOf<TState>(TState state) =>
        state is IReadOnlyList<KeyValuePair<string, object?>> { Count: > 0 } values ? values[0].Value as string ?? "" : "";

    private Lines Count(int eventId, string subject)
    {
        long now = time.GetTimestamp();
        Lines lines = _written.AddOrUpdate(
            (eventId, subject),
            static (key, call) => call.Logger.First(key.Event, call.Now),
            static (key, before, call) =>
                call.Logger.IsOver(before, call.Now) ? call.Logger.First(key.Event, call.Now) : before.Next(MaxLines),
            (Logger: this, Now: now));
        if (lines.Count == 1 && _written.Count > MaxSubjects)
        {
            Forget(now);
        }

        return lines;
    }

    private Lines First(int eventId, long now) =>
        new(now, 1) { IsOfOther = CountUpTo(MaxSubjectsOfEvent, _subjects, eventId).Count > MaxSubjectsOfEvent };

    private Lines CountUpTo(int max, ConcurrentDictionary<int, Lines> counts, int eventId) => counts.AddOrUpdate(
        eventId,
        static (_, call) => new Lines(call.Now, 1),
        static (_, before, call) => call.Logger.IsOver(before, call.Now) ? new Lines(call.Now, 1) : before.Next(call.Max),
        (Logger: this, Now: time.GetTimestamp(), Max: max));

    private void Forget(long now)
    {
        foreach (((int, string) key, Lines lines) in _written)
        {
            if (IsOver(lines, now))
            {
                _written.TryRemove(key, out _);
            }
        }

        if (_written.Count > MaxSubjects)
        {
            // The table stays small, whatever is logged. Its counts begin again.
            _written.Clear();
        }
    }

    private bool IsOver(Lines lines, long now) => time.GetElapsedTime(lines.Since, now) >= Window;

    private readonly record struct Lines(long Since, int Count)
    {
        /// <summary>Whether the subject has no lines of its own.</summary>
        public bool IsOfOther { get; init; }

        /// <summary>One more, beyond a maximum at most one.</summary>
        public Lines Next(int max) => this with { Count = Math.Min(Count, max) + 1 };
    }
}
