using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>A logger, and a factory of itself, that keeps what it is told.</summary>
public sealed class RecordingLogger : ILogger, ILoggerFactory
{
    private readonly ConcurrentQueue<(LogLevel Level, string Event, string Text)> _lines = new();

    /// <summary>Whether logging throws, as a provider of the application's may.</summary>
    public bool Throws { get; set; }

    public string[] Events => [.. _lines.Select(line => line.Event)];

    public IReadOnlyList<string> TextsOf(string eventName) => [.. _lines.Where(line => line.Event == eventName).Select(line => line.Text)];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        _lines.Enqueue((logLevel, eventId.Name ?? "", formatter(state, exception)));
        if (Throws)
        {
            throw new InvalidOperationException("The log is full.");
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }
}
