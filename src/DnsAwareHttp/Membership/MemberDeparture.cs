using System.Net;

namespace DnsAwareHttp.Membership;

/// <summary>An address that was a member, and why it is no member any more.</summary>
/// <param name="Address">The address.</param>
/// <param name="Reason">The kind of reason, for metrics.</param>
/// <param name="Detail">The reason in words, for people.</param>
internal readonly record struct MemberDeparture(IPAddress Address, DepartureReason Reason, string Detail);
