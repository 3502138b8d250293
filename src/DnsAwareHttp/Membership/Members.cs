using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>The addresses that take requests of one name after one decision, and the addresses that this decision dropped.</summary>
/// <param name="All">The members: first in the order of the latest answer, then the members that it lacks.</param>
/// <param name="Departed">The addresses that were members before this decision and are not after it.</param>
internal sealed record Members(ImmutableArray<Member> All, ImmutableArray<MemberDeparture> Departed)
{
    public static readonly Members None = new([], []);

    /// <summary>The memory of the policy; null for a policy without memory.</summary>
    public AnswerHistory? History { get; init; }

    /// <summary>The members after other sources took over: what the answers of the earlier ones taught holds no longer.</summary>
    public Members WithoutHistory() => this with { History = null };

    /// <summary>The addresses of an answer as members, in its order. Known members keep the time when they were first seen.</summary>
    public ImmutableArray<Member> Meet(ImmutableArray<IPAddress> addresses, DateTimeOffset now)
    {
        Dictionary<IPAddress, DateTimeOffset> firstSeen = All.ToDictionary(member => member.Address, member => member.FirstSeen);
        return [.. addresses.Select(address => new Member(address, firstSeen.GetValueOrDefault(address, now), now, 0, "present"))];
    }

    /// <summary>The used addresses of an answer become the members; all others depart.</summary>
    /// <param name="answer">The addresses of the answer.</param>
    /// <param name="used">The addresses of the answer that are used.</param>
    /// <param name="whyAbsent">Tells in words why a member departs that the answer lacks.</param>
    /// <param name="now">When the answer arrived.</param>
    public Members ReplacedBy(
        ImmutableArray<IPAddress> answer, ImmutableArray<IPAddress> used, Func<Member, string> whyAbsent, DateTimeOffset now)
    {
        HashSet<IPAddress> offered = [.. answer];
        HashSet<IPAddress> chosen = [.. used];
        return new Members(Meet(used, now), [.. All.Where(member => !chosen.Contains(member.Address)).Select(DepartureOf)]);

        MemberDeparture DepartureOf(Member member) => offered.Contains(member.Address)
            ? new MemberDeparture(member.Address, DepartureReason.OverLimit, "outside the subset used of a larger set")
            : new MemberDeparture(member.Address, DepartureReason.LeftDns, whyAbsent(member));
    }

    /// <summary>One member departs at once, for a reason outside the answers.</summary>
    public Members Without(IPAddress address, DepartureReason reason, string detail) => this with
    {
        All = All.RemoveAll(member => member.Address.Equals(address)),
        Departed = [new MemberDeparture(address, reason, detail)],
    };

    /// <summary>All members depart at once, for a reason outside the answers.</summary>
    public Members Without(DepartureReason reason, string detail) =>
        new([], [.. All.Select(member => new MemberDeparture(member.Address, reason, detail))]);
}

/// <summary>An address that takes requests.</summary>
/// <param name="Address">The address.</param>
/// <param name="FirstSeen">When an answer first had it.</param>
/// <param name="LastSeen">When an answer last had it.</param>
/// <param name="Absences">The number of answers in a row that lacked it; 0 while it is present. Above 0 the member lingers.</param>
/// <param name="Reason">Why it is a member, for people.</param>
internal sealed record Member(IPAddress Address, DateTimeOffset FirstSeen, DateTimeOffset LastSeen, int Absences, string Reason);
