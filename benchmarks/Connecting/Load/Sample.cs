using System.Diagnostics;

namespace Connecting.Load;

/// <summary>One request and how it ended.</summary>
/// <param name="Due">The timestamp at which it was to be sent: a client that sends it later has made its user wait.</param>
/// <param name="Ended">The timestamp of its answer or failure.</param>
/// <param name="Address">Who answered; null when nobody did.</param>
/// <param name="Failure">Why it failed; null when it was answered.</param>
/// <param name="Turn">Its number in its load.</param>
internal readonly record struct Sample(long Due, long Ended, string? Address, string? Failure, int Turn)
{
    public TimeSpan Duration => Stopwatch.GetElapsedTime(Due, Ended);

    public bool HasFailed => Failure is not null;
}
