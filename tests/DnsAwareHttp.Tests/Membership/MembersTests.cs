using DnsAwareHttp.Membership;
using static DnsAwareHttp.Tests.Membership.Trace;

namespace DnsAwareHttp.Tests.Membership;

public sealed class MembersTests
{
    [Fact]
    public void Meet_KnownAndNew_KnownKeepTheTimeWhenTheyWereFirstSeen()
    {
        Members before = new([new Member(Address(1), Start, Start, 5, "lingers")], []);

        before.Meet(Addresses(2, 1), Start.AddSeconds(9)).Should().Equal(
            new Member(Address(2), Start.AddSeconds(9), Start.AddSeconds(9), 0, "present"),
            new Member(Address(1), Start, Start.AddSeconds(9), 0, "present"));
    }

    [Fact]
    public void Meet_ThoseAbsent_AreLeftOut() =>
        new Members([new Member(Address(1), Start, Start, 0, "present")], []).Meet(Addresses(2), Start)
            .Should().ContainSingle().Which.Address.Should().Be(Address(2));

    [Fact]
    public void Without_AllLeaveWithTheReason()
    {
        Members members = new(
            [new Member(Address(1), Start, Start, 0, "present"), new Member(Address(2), Start, Start, 1, "lingers")],
            [new MemberDeparture(Address(3), DepartureReason.LeftDns, "earlier")]);

        Members none = members.Without(DepartureReason.NameEmpty, "the name is gone");

        none.All.Should().BeEmpty();
        none.Departed.Should().Equal(
            new MemberDeparture(Address(1), DepartureReason.NameEmpty, "the name is gone"),
            new MemberDeparture(Address(2), DepartureReason.NameEmpty, "the name is gone"));
    }

    [Fact]
    public void WithoutHistory_KeepsTheMembers()
    {
        Members members = Members.None.ReplacedBy(Addresses(1), Addresses(1), _ => "gone", Start) with
        {
            History = new AnswerHistory(AdaptiveParameters.Default),
        };

        members.WithoutHistory().Should().Be(members with { History = null });
    }

    [Fact]
    public void None_IsEmpty()
    {
        Members.None.All.Should().BeEmpty();
        Members.None.Departed.Should().BeEmpty();
        Members.None.Without(DepartureReason.NameEmpty, "whatever").Departed.Should().BeEmpty();
    }
}
