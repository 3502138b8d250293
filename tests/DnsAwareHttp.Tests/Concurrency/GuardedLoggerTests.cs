using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Tests.Concurrency;

public sealed class GuardedLoggerTests : IDisposable
{
    private readonly CapturingLogger _provider = new();
    private readonly OrderedLock _lock = new(LockRank.Origin);

    public void Dispose() => _provider.Dispose();

    [Fact]
    public void Log_ReachesTheProvider()
    {
        Write(new GuardedLogger(_provider), "hello");

        _provider.Entries.Should().ContainSingle().Which.Message.Should().Be("hello");
    }

    [Fact]
    public void Log_UnderALock_ReachesTheProviderWhenTheLockIsReleased()
    {
        using (_lock.Enter())
        {
            Write(new GuardedLogger(_provider), "hello");
            _provider.Entries.Should().BeEmpty();
        }

        _provider.Entries.Should().ContainSingle();
    }

    [Fact]
    public void Log_TheProviderThrows_TheExceptionEndsThere()
    {
        _provider.Throws = true;

        FluentActions.Invoking(() => Write(new GuardedLogger(_provider), "hello")).Should().NotThrow();
        _provider.Entries.Should().ContainSingle();
    }

    [Theory]
    [InlineData(LogLevel.Debug, 0)]
    [InlineData(LogLevel.Warning, 1)]
    public void Log_TheProviderIsNotInterested_WritesNothing(LogLevel level, int entries)
    {
        Provider provider = new(_provider, asked => asked >= LogLevel.Information);

        ((ILogger)new GuardedLogger(provider)).Log(level, "hello");

        _provider.Entries.Should().HaveCount(entries);
    }

    [Fact]
    public void IsEnabled_WithoutALock_AsksTheProvider()
    {
        GuardedLogger logger = new(new Provider(_provider, static level => level >= LogLevel.Warning));

        logger.IsEnabled(LogLevel.Information).Should().BeFalse();
        logger.IsEnabled(LogLevel.Error).Should().BeTrue();
    }

    [Fact]
    public void IsEnabled_UnderALock_DoesNotAskTheProvider()
    {
        int asked = 0;
        GuardedLogger logger = new(new Provider(_provider, _ => ++asked < 0));
        using (_lock.Enter())
        {
            logger.IsEnabled(LogLevel.Trace).Should().BeTrue();
        }

        asked.Should().Be(0);
    }

    [Fact]
    public void IsEnabled_TheProviderThrows_IsFalse()
    {
        GuardedLogger logger = new(new Provider(_provider, static _ => throw new ObjectDisposedException("provider")));

        logger.IsEnabled(LogLevel.Error).Should().BeFalse();
        FluentActions.Invoking(() => Write(logger, "hello")).Should().NotThrow();
        _provider.Entries.Should().BeEmpty();
    }

    [Fact]
    public void Create_TheFactoryThrows_WritesNothing()
    {
        using ThrowingFactory factory = new();

        GuardedLogger.Create<DnsCache>(factory).Should().BeSameAs(NullLogger.Instance);
    }

    [Fact]
    public void Create_WritesToTheLoggerOfTheFactory()
    {
        Write(GuardedLogger.Create<DnsCache>(_provider), "hello");

        _provider.Entries.Should().ContainSingle();
    }

    [Fact]
    public void BeginScope_OpensNone() => new GuardedLogger(_provider).BeginScope("scope").Should().BeNull();

    private static void Write(ILogger logger, string message) =>
        logger.Log(LogLevel.Error, default, message, exception: null, static (text, _) => text);

    private sealed class Provider(ILogger inner, Func<LogLevel, bool> isEnabled) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => isEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            inner.Log(logLevel, eventId, state, exception, formatter);
    }

    private sealed class ThrowingFactory : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) => throw new ObjectDisposedException(nameof(ThrowingFactory));

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }
    }
}
