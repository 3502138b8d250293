using System.Diagnostics;

namespace DnsAwareHttp.EcosystemTests.Harness;

/// <summary>One call: its beginning, and the address that answered or the failure.</summary>
public sealed record CallOutcome(long Began, string Address, Exception? Failure);

/// <summary>What a load has seen.</summary>
public sealed class LoadReport
{
    /// <summary>
    /// How long after a flip a call may still go to a server that has left.
    /// The TTL of 100 ms, the promised 250 ms, and room for a busy machine.
    /// </summary>
    public static readonly TimeSpan MaxLag = TimeSpan.FromSeconds(2);

    // A call that begins just after the kill may be sent before its connection has read the reset.
    private static readonly TimeSpan TimeToReadTheReset = TimeSpan.FromMilliseconds(250);

    public IReadOnlyList<CallOutcome> Calls { get; set; } = [];

    /// <summary>The longest time from a flip to the beginning of a call that still went to a server that had left.</summary>
    public TimeSpan LongestLag { get; set; }

    /// <summary>The timestamp at which a server was killed.</summary>
    public long KilledAt { get; set; }

    public IReadOnlyList<string> Failures => [.. Calls.Where(call => call.Failure is not null).Select(call => call.Failure!.ToString())];

    /// <summary>Failures of calls that began after the kill: those before it may have been under way on the server that ended.</summary>
    public IReadOnlyList<string> FailuresAfterKill =>
        [.. Calls.Where(BeganAfterKill).Select(call => call.Failure?.ToString()).OfType<string>()];

    public override string ToString() => $"{Calls.Count} calls, {Failures.Count} failed";

    private bool BeganAfterKill(CallOutcome call) =>
        call.Began > KilledAt && Stopwatch.GetElapsedTime(KilledAt, call.Began) > TimeToReadTheReset;
}
