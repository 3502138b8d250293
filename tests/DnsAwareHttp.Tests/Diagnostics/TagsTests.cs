using System.Net;
using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Tests.Diagnostics;

public sealed class TagsTests
{
    public static TheoryData<Answer, string> Outcomes() => new()
    {
        { new Answer.Found([IPAddress.Loopback], TimeSpan.Zero), "found" },
        { new Answer.Empty(EmptyReason.NxDomain, TimeSpan.Zero), "nxdomain" },
        { new Answer.Empty(EmptyReason.NoData, TimeSpan.Zero), "nodata" },
        { new Answer.Failed("test"), "failed" },
    };

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void OutcomeOf_NamesEachOutcome(Answer answer, string expected) => Tags.OutcomeOf(answer).Should().Be(expected);

    [Theory]
    [InlineData("hosts file", "hosts")]
    [InlineData("DNS", "dns")]
    [InlineData("system", "system")]
    [InlineData("MyResolver", "other")]
    [InlineData(null, "other")]
    public void SourceOf_NamesEachKindOfSource(string? source, string expected) =>
        Tags.SourceOf(new Answer.Failed("test").From(source)).Should().Be(expected);

    [Fact]
    public void Of_KeepsTheValueAsItIs() => Tags.Of(Tags.ServerPort, 443).Should().Be(new KeyValuePair<string, object?>("server.port", 443));
}
