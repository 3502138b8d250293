using System.Reflection;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Tests.House;

public sealed class LogTests
{
    // All of the assembly, also what is logged elsewhere than in the class Log: ids are unique in the whole library.
    private static readonly LoggerMessageAttribute[] Messages =
    [
        .. typeof(DnsAwareHandler).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .SelectMany(method => method.GetCustomAttributes<LoggerMessageAttribute>()),
    ];

    [Fact]
    public void Events_AreThere() => Messages.Should().HaveCountGreaterThan(10);

    [Fact]
    public void EventIds_AreUnique() => Messages.Select(message => message.EventId).Should().OnlyHaveUniqueItems();

    [Fact]
    public void EventNames_AreThereAndUnique() => Messages.Select(message => message.EventName).Should().OnlyHaveUniqueItems().And.NotContainNulls();

    [Fact]
    public void Messages_AreSentences() => Messages.Select(message => message.Message).Should().OnlyHaveUniqueItems().And.OnlyContain(message => message.EndsWith('.'));
}
