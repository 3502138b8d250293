using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Membership;
using static DnsAwareHttp.Tests.Membership.Trace;

namespace DnsAwareHttp.Tests.Membership;

public sealed class LogicalMembershipTests
{
    private readonly LogicalMembership _policy = new(maxMembers: 3);

    [Fact]
    public void Decide_OnlyTheFirstAddressIsIn() => Names(Decide(Members.None, 1, 2, 3)).Should().Equal("10.0.0.1");

    [Fact]
    public void Decide_AnotherIsFirst_TheOldOneLingersAfterIt()
    {
        Members members = Decide(Members.None, 1, 2);

        members = _policy.Decide(members, Addresses(2, 1), isComplete: false, Start.AddSeconds(30));

        Names(members).Should().Equal("10.0.0.2", "10.0.0.1");
        members.Departed.Should().BeEmpty();
        members.All[1].Should().Be(new Member(Address(1), Start, Start, 1, "no longer the first address; keeps its connections"));
    }

    [Fact]
    public void Decide_NotFirstAgainAndAgain_CountsAndStays()
    {
        Members members = Decide(Members.None, 1);
        for (int i = 1; i <= 1_000; i++)
        {
            members = _policy.Decide(members, Addresses(2), isComplete: false, Start.AddSeconds(i));
            members.Departed.Should().BeEmpty();
        }

        members.All[1].Absences.Should().Be(1_000);
    }

    [Fact]
    public void Decide_IsFirstAgain_IsPresentAsBefore()
    {
        Members members = Decide(Decide(Members.None, 1), 2);

        members = _policy.Decide(members, Addresses(1), isComplete: false, Start.AddSeconds(2));

        members.All[0].Should().Be(new Member(Address(1), Start, Start.AddSeconds(2), 0, "present"));
        members.All.Should().HaveCount(2);
    }

    [Fact]
    public void Decide_TooMany_ThoseThatWereFirstLongestAgoLeave()
    {
        Members members = Members.None;
        for (int i = 1; i <= 4; i++)
        {
            members = _policy.Decide(members, Addresses(i), isComplete: false, Start.AddSeconds(i));
        }

        Names(members).Should().Equal("10.0.0.4", "10.0.0.3", "10.0.0.2");
        Gone(members).Should().Equal("10.0.0.1");
    }

    [Fact]
    public void Decide_MadeUpAnswers_MembersAreFewAndTheFirstIsIn()
    {
        Random random = new(2);
        Members members = Members.None;
        for (int i = 0; i < 1_000; i++)
        {
            ImmutableArray<IPAddress> answer = Addresses(random.Next(20), 20 + random.Next(20));
            members = _policy.Decide(members, answer, isComplete: false, Start.AddSeconds(i));
            members.All[0].Address.Should().Be(answer[0]);
            members.All.Select(member => member.Address).Should().OnlyHaveUniqueItems().And.HaveCountLessThanOrEqualTo(3);
            members.Departed.Select(departure => departure.Address).Should().NotIntersectWith(members.All.Select(member => member.Address));
        }
    }

    private Members Decide(Members before, params int[] answer) => _policy.Decide(before, Addresses(answer), isComplete: false, Start);
}
