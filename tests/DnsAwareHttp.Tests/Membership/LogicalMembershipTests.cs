using System.Net;
using DnsAwareHttp.Membership;
using static DnsAwareHttp.Tests.Membership.Trace;

namespace DnsAwareHttp.Tests.Membership;

public sealed class LogicalMembershipTests
{
    private readonly LogicalMembership _policy = new(maxMembers: 3, subsetSeed: 1);

    [Fact]
    public void Decide_Absent_LingersAfterThosePresent()
    {
        Members members = _policy.Decide(Members.None, Addresses(1, 2), isComplete: false, Start);

        members = _policy.Decide(members, Addresses(3), isComplete: false, Start.AddSeconds(30));

        Names(members).Should().Equal("10.0.0.3", "10.0.0.1", "10.0.0.2");
        members.Departed.Should().BeEmpty();
        members.All[1].Should().Be(new Member(Address(1), Start, Start, 1, "absent, never left because of DNS"));
    }

    [Fact]
    public void Decide_AbsentAgainAndAgain_CountsAndStays()
    {
        Members members = _policy.Decide(Members.None, Addresses(1), isComplete: false, Start);
        for (int i = 1; i <= 1_000; i++)
        {
            members = _policy.Decide(members, Addresses(2), isComplete: false, Start.AddSeconds(i));
            members.Departed.Should().BeEmpty();
        }

        members.All[1].Absences.Should().Be(1_000);
    }

    [Fact]
    public void Decide_ComesBack_IsPresentAsBefore()
    {
        Members members = _policy.Decide(Members.None, Addresses(1), isComplete: false, Start);
        members = _policy.Decide(members, Addresses(2), isComplete: false, Start.AddSeconds(1));

        members = _policy.Decide(members, Addresses(1), isComplete: false, Start.AddSeconds(2));

        members.All[0].Should().Be(new Member(Address(1), Start, Start.AddSeconds(2), 0, "present"));
    }

    [Fact]
    public void Decide_TooMany_ThoseSeenLongestAgoLeave()
    {
        Members members = Members.None;
        for (int i = 1; i <= 3; i++)
        {
            members = _policy.Decide(members, Addresses(i), isComplete: false, Start.AddSeconds(i));
        }

        members = _policy.Decide(members, Addresses(4), isComplete: false, Start.AddSeconds(4));

        Names(members).Should().Equal("10.0.0.4", "10.0.0.3", "10.0.0.2");
        Gone(members).Should().Equal("10.0.0.1");
    }

    [Fact]
    public void Decide_ManyAnswers_EvenPresentOnesAreBounded()
    {
        Members members = _policy.Decide(Members.None, Addresses([.. Enumerable.Range(0, 1_000)]), isComplete: false, Start);

        members.All.Should().HaveCount(3).And.OnlyContain(member => member.Absences == 0);
        IPAddress[] first = [.. members.All.Select(member => member.Address)];
        members = _policy.Decide(members, Addresses([.. Enumerable.Range(0, 1_000).Reverse()]), isComplete: false, Start);
        members.All.Select(member => member.Address).Should().BeEquivalentTo(first);
        members.Departed.Should().BeEmpty();
    }

    [Fact]
    public void Decide_MadeUpAnswers_PromisesHold()
    {
        for (int seed = 0; seed < 10; seed++)
        {
            Check(new LogicalMembership(8, seed), 8, seed);
        }
    }
}
