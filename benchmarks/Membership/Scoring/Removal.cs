using System.Net;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>An address that went out of service while it was a member, and how long a policy took to let it go.</summary>
/// <param name="Address">The address.</param>
/// <param name="Step">Where in the trace it went out of service.</param>
/// <param name="Answers">Answers that arrived from then until it was left; 1: the first one was enough.</param>
/// <param name="WasLeft">False if it was still a member when it returned to service or the trace ended: <paramref name="Answers"/> were not enough.</param>
internal sealed record Removal(IPAddress Address, int Step, int Answers, bool WasLeft);
