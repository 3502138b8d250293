using System.Collections.Concurrent;
using DnsAwareHttp.Health;
using DnsAwareHttp.Pools;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Endpoints;

/// <summary>Connects to failing endpoints again in the background, with growing pauses, until they are well again or leave.</summary>
/// <remarks>
/// A connect proves nothing for an endpoint whose connections led to no answer. If it keeps the new connection open for a moment, one
/// request may try it. The pauses grow on until it answers.
/// Only timers wait, and they hold this object weakly: a handler that the application dropped can be collected while an endpoint fails.
/// </remarks>
internal sealed class EndpointRecovery(TimeProvider time, Random random, ILogger logger)
{
    private readonly ConcurrentDictionary<EndpointPool, Attempts> _recovering = new();

    /// <summary>A server without a backend accepts, and ends the connection soon afterwards. It has this time to do so.</summary>
    private static readonly TimeSpan TrialDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>Begins to look after a failing endpoint. It ends by itself when the endpoint is well again or drains.</summary>
    public void Begin(EndpointPool pool)
    {
        Attempts attempts = new(this, pool);
        if (_recovering.TryAdd(pool, attempts))
        {
            attempts.Begin();
        }
    }

    /// <summary>Ends when no endpoint is looked after: soon after all have begun to drain.</summary>
    public Task WhenEnded() => Task.WhenAll(_recovering.Values.Select(attempts => attempts.Over));

    private void End(EndpointPool pool)
    {
        _recovering.TryRemove(pool, out _);

        // It may have failed once more after the last look at its state. That failure found it still looked after.
        if (pool.Health.State is EndpointState.Failing)
        {
            Begin(pool);
        }
    }

    /// <summary>The attempts to connect to one endpoint.</summary>
    private sealed class Attempts(EndpointRecovery recovery, EndpointPool pool)
    {
        private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private CancellationTokenRegistration _draining;
        private ITimer? _timer;
        private volatile bool _awaitsTrial;

        public Task Over => _over.Task;

        private bool IsFailing => pool.Health.State is EndpointState.Failing;

        public void Begin()
        {
            _timer = Background.CreateTimer(
                recovery.Time, "the recovery of an endpoint", recovery.Logger, this, static attempts => attempts.OnTimer(),
                Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            PlanNext();
            _draining = pool.Draining.UnsafeRegister(static state => ((Attempts)state!).End(), this);
        }

        // The attempts count, not the failures: under load a hundred requests fail at once, and that is one failure.
        private void PlanNext() => _timer!.Change(
            RecoverySchedule.PauseBefore(pool.Health.Recoveries + 1, recovery.Random), Timeout.InfiniteTimeSpan);

        private void OnTimer()
        {
            if (_awaitsTrial)
            {
                _awaitsTrial = false;
                pool.BeginTrialIfOpen();
                PlanNext();
            }
            else if (IsFailing)
            {
                Background.Start("the recovery of an endpoint", recovery.Logger, TryAsync);
            }
            else
            {
                // A request was quicker.
                End();
            }
        }

        private async Task TryAsync()
        {
            // Its outcome becomes the endpoint's health.
            pool.OnRecoveryBegun();
            Exception? failure = await pool.DialAheadAsync().ConfigureAwait(false);
            if (failure is null && IsFailing)
            {
                _awaitsTrial = true;
                _ = _timer!.Change(TrialDelay, Timeout.InfiniteTimeSpan);
            }
            else if (IsFailing)
            {
                PlanNext();
            }
            else
            {
                End();
            }
        }

        private void End()
        {
            if (_over.TrySetResult())
            {
                _timer!.Dispose();
                _draining.Unregister();
                recovery.End(pool);
            }
        }
    }

    private TimeProvider Time => time;

    private Random Random => random;

    private ILogger Logger => logger;
}
