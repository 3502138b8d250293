using System.Collections.Concurrent;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Origins;

/// <summary>Connects to failing endpoints again in the background, with growing pauses, until they answer or leave.</summary>
internal sealed class EndpointRecovery(TimeProvider time, Random random)
{
    private readonly ConcurrentDictionary<EndpointPool, Task> _recovering = new();

    /// <summary>Begins to look after an endpoint that fails. It ends by itself when the endpoint connects or drains.</summary>
    public void Begin(EndpointPool pool)
    {
        TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_recovering.TryAdd(pool, over.Task))
        {
            _ = Background.Run(() => RecoverAsync(pool, over));
        }
    }

    /// <summary>Ends when no endpoint is being looked after: soon after all have begun to drain.</summary>
    public Task WhenEnded() => Task.WhenAll(_recovering.Values);

    private async Task RecoverAsync(EndpointPool pool, TaskCompletionSource over)
    {
        try
        {
            // Its own attempts count, not the failures: under load a hundred requests fail at once, and that is one failure.
            for (int attempt = 1; pool.Status.State is EndpointState.Failing; attempt++)
            {
                await Task.Delay(Backoff.After(attempt, Backoff.MaxForEndpoints, random), time, pool.Draining).ConfigureAwait(false);
                if (pool.Status.State is not EndpointState.Failing)
                {
                    // A request was quicker.
                    break;
                }

                // Its outcome becomes the endpoint's status.
                await pool.DialAheadAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // It left.
        }
        finally
        {
            _recovering.TryRemove(pool, out _);
            over.SetResult();
            BeginAgainIfItFailedMeanwhile(pool);
        }
    }

    // It may have failed once more after the last look at its state and before it was let go here: that failure found it still looked after.
    private void BeginAgainIfItFailedMeanwhile(EndpointPool pool)
    {
        if (pool.Status.State is EndpointState.Failing)
        {
            Begin(pool);
        }
    }
}
