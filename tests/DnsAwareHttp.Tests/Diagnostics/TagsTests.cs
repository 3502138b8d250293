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

    [Fact]
    public void Peer_IsTheAddressWithoutThePort() =>
        Tags.Peer(new IPEndPoint(IPAddress.Parse("2001:db8::1"), 443))
            .Should().Be(new KeyValuePair<string, object?>("network.peer.address", "2001:db8::1"));

    [Fact]
    public void Of_KeepsTheValueAsItIs() => Tags.Of(Tags.ServerPort, 443).Should().Be(new KeyValuePair<string, object?>("server.port", 443));
}
