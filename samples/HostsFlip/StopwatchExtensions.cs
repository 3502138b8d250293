using System.Diagnostics;

namespace HostsFlip;

/// <summary>Waits by a running stopwatch, so that delays do not add up.</summary>
internal static class StopwatchExtensions
{
    public static async Task WaitUntilAsync(this Stopwatch clock, TimeSpan moment, CancellationToken cancellationToken)
    {
        // Timers count whole milliseconds and may fire a little early.
        while (moment - clock.Elapsed is { Ticks: > 0 } left)
        {
            await Task.Delay(left + TimeSpan.FromMilliseconds(1), cancellationToken);
        }
    }
}
