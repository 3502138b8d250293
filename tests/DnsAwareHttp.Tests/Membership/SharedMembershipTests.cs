using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Membership;

namespace DnsAwareHttp.Tests.Membership;

public sealed class SharedMembershipTests
{
    private static readonly ImmutableArray<IPAddress> Answer = [.. Enumerable.Range(1, 20).Select(i => new IPAddress([10, 0, 0, (byte)i]))];

    [Theory]
    [InlineData(1, 9)]
    [InlineData(2, 4)]
    [InlineData(9, 1)]
    [InlineData(50, 1)]
    public void EachName_HasAnEqualPartAndOneAtLeast(int names, int expected)
    {
        SharedMembership membership = new(9, static most => new StrictMembership(most, subsetSeed: 1));
        membership.ShareAmong(names);

        membership.Decide(Members.None, Answer, isComplete: true, DateTimeOffset.UnixEpoch).All.Should().HaveCount(expected);
    }

    [Fact]
    public void MoreNamesThanBefore_TheNextAnswerLetsSomeGoAndTheOthersStay()
    {
        SharedMembership membership = new(9, static most => new StrictMembership(most, subsetSeed: 1));
        Members before = membership.Decide(Members.None, Answer, isComplete: true, DateTimeOffset.UnixEpoch);
        membership.ShareAmong(3);
        Members after = membership.Decide(before, Answer, isComplete: true, DateTimeOffset.UnixEpoch);

        after.All.Should().HaveCount(3);
        after.All.Select(member => member.Address).Should().BeSubsetOf(before.All.Select(member => member.Address));
        after.Departed.Should().HaveCount(6);
    }
}
