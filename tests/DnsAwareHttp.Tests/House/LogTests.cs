using System.Net;
using System.Reflection;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Diagnostics;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Tests.House;

public sealed class LogTests
{
    private static readonly MethodInfo[] Lines =
        [.. typeof(Log).GetMethods(BindingFlags.Static | BindingFlags.Public).Where(method => method.IsDefined(typeof(LoggerMessageAttribute)))];

    public static TheoryData<string> Names => [.. Lines.Select(line => line.Name)];

    [Fact]
    public void EventIdsAndNames_AreUnique()
    {
        LoggerMessageAttribute[] events = [.. typeof(Log).GetMethods(BindingFlags.Static | BindingFlags.Public).SelectMany(method => method.GetCustomAttributes<LoggerMessageAttribute>())];

        events.Should().NotBeEmpty();
        events.Select(e => e.EventId).Should().OnlyHaveUniqueItems();
        events.Select(e => e.EventName).Should().OnlyHaveUniqueItems().And.NotContainNulls();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Line_TheProviderThrows_TheCallerGoesOn(string name)
    {
        ThrowingProvider provider = new();

        Write(name, provider);

        provider.Lines.Should().Be(1);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Line_BegunUnderALock_IsWrittenAfterItsReleaseAndTheCallerGoesOn(string name)
    {
        ThrowingProvider provider = new();
        OrderedLock held = new(LockRank.Origin);
        using (held.Enter())
        {
            Write(name, provider);
            provider.Lines.Should().Be(0);
        }

        provider.Lines.Should().Be(1);
        provider.WasCalledUnderALock.Should().BeFalse();
    }

    // Some lines have a method around them that builds an argument. The lines themselves are what is called here.
    private static void Write(string name, ILogger provider)
    {
        MethodInfo line = Lines.Single(method => method.Name == name);
        line.Invoke(null, [new GuardedLogger(provider), .. line.GetParameters().Skip(1).Select(parameter => Example(parameter.ParameterType))]);
    }

    private static object? Example(Type type) =>
        type == typeof(string) ? "text"
        : type == typeof(IPAddress) ? IPAddress.Loopback
        : type == typeof(Exception) ? new InvalidOperationException("an example")
        : type.IsValueType ? Activator.CreateInstance(type)
        : null;

    private sealed class ThrowingProvider : ILogger
    {
        public int Lines { get; private set; }

        public bool WasCalledUnderALock { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Lines++;
            WasCalledUnderALock |= OrderedLock.IsAnyHeld;
            throw new InvalidOperationException("the log provider fails");
        }
    }
}
