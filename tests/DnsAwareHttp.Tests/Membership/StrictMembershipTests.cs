using DnsAwareHttp.Membership;
using static DnsAwareHttp.Tests.Membership.Trace;

namespace DnsAwareHttp.Tests.Membership;

public sealed class StrictMembershipTests
{
    private readonly StrictMembership _policy = new(maxMembers: 3, subsetSeed: 1);

    [Fact]
    public void Decide_FirstAnswer_AllAreMembersInItsOrder()
    {
        Members members = _policy.Decide(Members.None, Addresses(2, 1), isComplete: false, Start);

        Names(members).Should().Equal("10.0.0.2", "10.0.0.1");
        members.Departed.Should().BeEmpty();
    }

    [Fact]
    public void Decide_AbsentOnce_Leaves()
    {
        Members members = _policy.Decide(Members.None, Addresses(1, 2), isComplete: false, Start);

        members = _policy.Decide(members, Addresses(2, 3), isComplete: false, Start.AddSeconds(30));

        Names(members).Should().Equal("10.0.0.2", "10.0.0.3");
        members.Departed.Should().Equal(new MemberDeparture(Address(1), DepartureReason.LeftDns, "absent from the latest answer"));
        members.All[0].FirstSeen.Should().Be(Start);
        members.All[1].FirstSeen.Should().Be(Start.AddSeconds(30));
    }

    [Fact]
    public void Decide_OnlyTheOrderChanges_NobodyLeaves()
    {
        Members members = _policy.Decide(Members.None, Addresses(1, 2, 3), isComplete: false, Start);

        members = _policy.Decide(members, Addresses(3, 1, 2), isComplete: false, Start);

        Names(members).Should().Equal("10.0.0.3", "10.0.0.1", "10.0.0.2");
        members.Departed.Should().BeEmpty();
    }

    [Fact]
    public void Decide_LargerSetThanTheMaximum_LeaversAreToldApart()
    {
        Members members = _policy.Decide(Members.None, Addresses(1, 2, 3), isComplete: false, Start);
        int[] many = [.. Enumerable.Range(2, 100)];

        members = _policy.Decide(members, Addresses(many), isComplete: false, Start);

        members.All.Should().HaveCount(3);
        members.Departed.Single(departure => departure.Address.Equals(Address(1))).Reason.Should().Be(DepartureReason.LeftDns);
        members.Departed.Where(departure => !departure.Address.Equals(Address(1)))
            .Should().OnlyContain(departure => departure.Reason == DepartureReason.OverLimit);
    }

    [Fact]
    public void Decide_MadeUpAnswers_PromisesHold()
    {
        for (int seed = 0; seed < 10; seed++)
        {
            Check(new StrictMembership(8, seed), 8, seed);
        }
    }
}
