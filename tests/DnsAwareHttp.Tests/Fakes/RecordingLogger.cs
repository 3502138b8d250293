using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>Remembers the names of the events that were logged, and throws when the test says so.</summary>
public sealed class RecordingLogger : ILogger, ILoggerFactory
{
    private readonly ConcurrentQueue<string> _events = new();

    public bool Throws { get; set; }

    public string[] Events => [.. _events];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        _events.Enqueue(eventId.Name ?? "");
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
