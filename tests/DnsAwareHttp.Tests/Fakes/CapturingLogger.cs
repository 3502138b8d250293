using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>A <see cref="FakeLogger"/> that is a factory of itself, is read by the names of events, and can fail as a provider of an application may.</summary>
public sealed class CapturingLogger : ILogger, ILoggerFactory
{
    private readonly FakeLogger _logger = new();

    public IEnumerable<(string Event, string Message, Exception? Exception)> Entries =>
        _logger.Collector.GetSnapshot().Select(record => (record.Id.Name ?? "", record.Message, record.Exception));

    public string[] Events => [.. Entries.Select(entry => entry.Event)];

    /// <summary>Whether logging throws, after what was told is kept.</summary>
    public bool Throws { get; set; }

    public IReadOnlyList<string> TextsOf(string eventName) => [.. Entries.Where(entry => entry.Event == eventName).Select(entry => entry.Message)];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => _logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        _logger.Log(logLevel, eventId, state, exception, formatter);
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
