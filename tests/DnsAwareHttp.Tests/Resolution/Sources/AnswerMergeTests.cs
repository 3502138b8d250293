using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution.Sources;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public class AnswerMergeTests
{
    private static readonly Answer Failed = new Answer.Failed("timeout");

    [Fact]
    public void BothFound_AreUnited_V4First_WithTheSmallestTtl() =>
        AnswerMerge.Merge(Found(60, "10.0.0.2", "10.0.0.1", "10.0.0.2"), Found(30, "::1", "::ffff:10.0.0.1"))
            .Should().Be(Found(30, "10.0.0.2", "10.0.0.1", "::1"));

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    public void BothFound_AreCompleteOnlyIfBothAre(bool v4, bool v6, bool both) =>
        Answer.Merge(Found(60, "10.0.0.1") with { IsComplete = v4 }, Found(60, "::1") with { IsComplete = v6 })
            .Should().Be(Found(60, "10.0.0.1", "::1") with { IsComplete = both });

    [Fact]
    public void FoundWithoutAddresses_AddsNothing() =>
        Answer.Merge(new Answer.Found(default, TimeSpan.FromSeconds(60)), Found(30, "::1")).Should().Be(Found(30, "::1"));

    [Fact]
    public void OneFoundOneEmpty_IsFound()
    {
        AnswerMerge.Merge(Found(60, "10.0.0.1"), Empty(EmptyReason.NoData, 5)).Should().Be(Found(60, "10.0.0.1"));
        AnswerMerge.Merge(Empty(EmptyReason.NoData, 5), Found(60, "::1")).Should().Be(Found(60, "::1"));
    }

    [Fact]
    public void OneFoundOneFailed_NamesTheFamilyThatFailed()
    {
        AnswerMerge.Merge(Found(60, "10.0.0.1"), Failed).Should().Be(Found(60, "10.0.0.1") with { FailedFamily = AddressFamily.InterNetworkV6 });
        AnswerMerge.Merge(Failed, Found(60, "::1")).Should().Be(Found(60, "::1") with { FailedFamily = AddressFamily.InterNetwork });
    }

    [Fact]
    public void UnspecifiedAddresses_AreNoAddresses()
    {
        AnswerMerge.Merge(Found(60, "10.0.0.1", "0.0.0.0"), Found(30, "::")).Should().Be(Found(60, "10.0.0.1"));
        AnswerMerge.Merge(Found(60, "0.0.0.0"), Found(30, "fd00::1", "::ffff:0.0.0.0")).Should().Be(Found(30, "fd00::1"));
        AnswerMerge.Merge(Found(60, "0.0.0.0"), Found(30, "::")).Should().Be(Empty(EmptyReason.NoData, 30));
        AnswerMerge.Merge(Found(60, "0.0.0.0"), Failed).Should().Be(Failed, "the other family may have addresses");
    }

    [Theory]
    [InlineData(EmptyReason.NoData, EmptyReason.NoData, EmptyReason.NoData)]
    [InlineData(EmptyReason.NxDomain, EmptyReason.NoData, EmptyReason.NxDomain)]
    [InlineData(EmptyReason.NoData, EmptyReason.NxDomain, EmptyReason.NxDomain)]
    public void BothEmpty_IsEmpty_WithTheSmallestTtl(EmptyReason v4, EmptyReason v6, EmptyReason expected) =>
        AnswerMerge.Merge(Empty(v4, 9), Empty(v6, 7)).Should().Be(Empty(expected, 7));

    [Fact]
    public void EmptyAndFailed_IsFailed_AlsoWhereTheEmptyOneIsNxDomain()
    {
        AnswerMerge.Merge(Empty(EmptyReason.NoData, 5), Failed).Should().Be(Failed);
        AnswerMerge.Merge(Failed, Empty(EmptyReason.NoData, 5)).Should().Be(Failed);
        AnswerMerge.Merge(Empty(EmptyReason.NxDomain, 5), Failed).Should().Be(Failed, "there are servers that deny AAAA of a name that has A");
        AnswerMerge.Merge(Failed, Empty(EmptyReason.NxDomain, 5)).Should().Be(Failed);
        AnswerMerge.Merge(Failed, Failed).Should().Be(Failed);
    }

    private static Answer.Found Found(int ttl, params string[] addresses) => new([.. addresses.Select(IPAddress.Parse)], TimeSpan.FromSeconds(ttl));

    private static Answer.Empty Empty(EmptyReason reason, int ttl) => new(reason, TimeSpan.FromSeconds(ttl));
}
