using System.Collections.Immutable;
using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>The addresses in use for one name after one decision, and those that this decision let go.</summary>
/// <param name="All">The members: in the order of the latest answer, then those kept though absent from it.</param>
/// <param name="Departed">Those that were members before and are none now, each with the reason.</param>
internal sealed record Members(ImmutableArray<Member> All, ImmutableArray<MemberDeparture> Departed)
{
    public static readonly Members None = new([], []);

    /// <summary>What a policy remembers of the answers; null for one that needs no memory.</summary>
    public AnswerHistory? History { get; init; }

    /// <summary>The members that the addresses of an answer are, in its order: those that were members keep the time when they were first seen.</summary>
    public ImmutableArray<Member> Meet(ImmutableArray<IPAddress> addresses, DateTimeOffset now)
    {
        Dictionary<IPAddress, DateTimeOffset> firstSeen = All.ToDictionary(member => member.Address, member => member.FirstSeen);
        return [.. addresses.Select(address => new Member(address, firstSeen.GetValueOrDefault(address, now), now, 0, "present"))];
    }

    /// <summary>Those used of an answer become the members; all others leave.</summary>
    /// <param name="answer">The addresses that the answer has.</param>
    /// <param name="used">Those of them that are used.</param>
    /// <param name="whyAbsent">Why a member leaves that the answer lacks, in words.</param>
    /// <param name="now">When the answer arrived.</param>
    public Members ReplacedBy(ImmutableArray<IPAddress> answer, ImmutableArray<IPAddress> used, Func<Member, string> whyAbsent, DateTimeOffset now)
    {
        HashSet<IPAddress> offered = [.. answer];
        HashSet<IPAddress> chosen = [.. used];
        return new Members(
            Meet(used, now),
            [
                .. All.Where(member => !chosen.Contains(member.Address))
                    .Select(member => offered.Contains(member.Address)
                        ? new MemberDeparture(member.Address, DepartureReason.OverLimit, "outside the subset used of a larger set")
                        : new MemberDeparture(member.Address, DepartureReason.LeftDns, whyAbsent(member))),
            ]);
    }

    /// <summary>One leaves at once, whatever a policy would say.</summary>
    public Members Without(IPAddress address, DepartureReason reason, string detail) => this with
    {
        All = All.RemoveAll(member => member.Address.Equals(address)),
        Departed = [new MemberDeparture(address, reason, detail)],
    };

    /// <summary>All leave at once, whatever a policy would say.</summary>
    public Members Without(DepartureReason reason, string detail) =>
        new([], [.. All.Select(member => new MemberDeparture(member.Address, reason, detail))]);
}

/// <summary>An address that takes requests.</summary>
/// <param name="Address">The address.</param>
/// <param name="FirstSeen">When an answer first had it.</param>
/// <param name="LastSeen">When an answer last had it.</param>
/// <param name="Absences">Answers in a row that lacked it; 0 while it is present. More than 0: it lingers.</param>
/// <param name="Reason">Why it is a member.</param>
internal sealed record Member(IPAddress Address, DateTimeOffset FirstSeen, DateTimeOffset LastSeen, int Absences, string Reason);
