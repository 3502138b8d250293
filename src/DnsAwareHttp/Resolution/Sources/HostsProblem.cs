namespace DnsAwareHttp.Resolution.Sources;

/// <summary>A line of a hosts file that was skipped.</summary>
/// <param name="Line">Counted from 1.</param>
/// <param name="Problem">The mistake.</param>
/// <param name="Text">The line as it stands there.</param>
internal sealed record HostsProblem(int Line, string Problem, string Text);
