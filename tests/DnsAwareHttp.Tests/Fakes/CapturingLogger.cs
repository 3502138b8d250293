using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>Keeps what was logged.</summary>
public sealed class CapturingLogger : ILogger, ILoggerFactory
{
    private readonly ConcurrentQueue<(string Event, string Message, Exception? Exception)> _entries = new();

    public IEnumerable<(string Event, string Message, Exception? Exception)> Entries => _entries;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        _entries.Enqueue((eventId.Name ?? "", formatter(state, exception), exception));
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }
}
