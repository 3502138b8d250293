namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>What the benchmark is to do.</summary>
internal enum BenchmarkMode
{
    Compare,
    Help,
    List,
    Check,
    Sensitivity,
    Plot,
    Replay,
    Record,
}
