using System.Reflection;
using DnsAwareHttp.Diagnostics;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Tests.House;

public sealed class LogTests
{
    [Fact]
    public void EventIdsAndNames_AreUnique()
    {
        LoggerMessageAttribute[] events = [.. typeof(Log).GetMethods(BindingFlags.Static | BindingFlags.Public).SelectMany(method => method.GetCustomAttributes<LoggerMessageAttribute>())];

        events.Should().NotBeEmpty();
        events.Select(e => e.EventId).Should().OnlyHaveUniqueItems();
        events.Select(e => e.EventName).Should().OnlyHaveUniqueItems().And.NotContainNulls();
    }
}
