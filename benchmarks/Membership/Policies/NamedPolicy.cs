using DnsAwareHttp.Membership;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>A policy by its name, made anew for each run of a trace so that it may keep state.</summary>
/// <param name="Name">The head of its column.</param>
/// <param name="Story">How it decides, in a few words.</param>
/// <param name="Make">Makes it for so many members at most.</param>
internal sealed record NamedPolicy(string Name, string Story, Func<int, IMembershipPolicy> Make);
