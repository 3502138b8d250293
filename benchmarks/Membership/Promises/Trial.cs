namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>A policy on one trace, beside the two that it must be like: strict where answers are the set, logical where they are samples.</summary>
internal sealed record Trial(Cell Policy, Cell Strict, Cell Logical)
{
    public Trace Trace => Policy.Trace;
}
