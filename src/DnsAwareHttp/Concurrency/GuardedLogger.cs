using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Concurrency;

/// <summary>A logger whose provider may throw or block: its code runs under no lock of the library, and no exception leaves it.</summary>
internal sealed class GuardedLogger(ILogger inner) : ILogger
{
    /// <summary>Makes the guarded logger of a public type's category. A factory that throws gives a logger that writes nothing.</summary>
    public static ILogger Create<T>(ILoggerFactory factory)
    {
        try
        {
            return new GuardedLogger(factory.CreateLogger<T>());
        }
        catch (Exception)
        {
            // Requests matter more than their log.
            return NullLogger.Instance;
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel)
    {
        if (OrderedLock.IsAnyHeld)
        {
            // The provider is asked when the locks are released.
            return true;
        }

        try
        {
            return inner.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            return false;
        }
    }

    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        ApplicationCode.Tell(
            static entry =>
            {
                if (entry.inner.IsEnabled(entry.logLevel))
                {
                    entry.inner.Log(entry.logLevel, entry.eventId, entry.state, entry.exception, entry.formatter);
                }
            },
            (inner, logLevel, eventId, state, exception, formatter));
}
