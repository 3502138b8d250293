using System.Runtime.CompilerServices;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Diagnostics;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp;

/// <summary>Starts all timers and all background work of the library. No exception leaves what it starts.</summary>
/// <remarks>
/// The work inherits nothing of its starter: no async-locals (activity, logging scope, culture) and no synchronization context.
/// A timer holds its owner weakly, as the runtime's own timers do: a handler that the application dropped can be collected.
/// </remarks>
internal static class Background
{
    /// <summary>Runs work that another piece of code awaits. The task reports its failure.</summary>
    public static Task Run(Func<Task> work)
    {
        using (FlowSuppression.Begin())
        {
            return Task.Run(work);
        }
    }

    /// <inheritdoc cref="Run(Func{Task})"/>
    public static Task<T> Run<T>(Func<Task<T>> work)
    {
        using (FlowSuppression.Begin())
        {
            return Task.Run(work);
        }
    }

    /// <summary>As <see cref="Run{T}(Func{Task{T}})"/>, at the cost of the task of the work alone.</summary>
    /// <param name="argument">Passed to the work.</param>
    /// <param name="work">A method whose first step is to await <see cref="OnThePool"/>.</param>
    public static Task<T> Run<TArgument, T>(TArgument argument, Func<TArgument, Task<T>> work)
    {
        using (FlowSuppression.Begin())
        {
            return work(argument);
        }
    }

    /// <summary>Work that awaits it goes on, on a thread of the pool.</summary>
    public static ConfiguredTaskAwaitable OnThePool() => Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

    /// <summary>Runs work that no code awaits. A failure is logged.</summary>
    /// <param name="name">The work, for the log: a noun.</param>
    /// <param name="logger">Receives a failure.</param>
    /// <param name="work">The work.</param>
    public static void Start(string name, ILogger logger, Func<Task> work) => _ = Run(() => GuardAsync(name, logger, work));

    /// <summary>Makes a timer, as <see cref="TimeProvider.CreateTimer"/> does.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="name">The timer, for the log: a noun.</param>
    /// <param name="logger">Receives a failure of <paramref name="tick"/>.</param>
    /// <param name="owner">Held weakly. After its collection the timer ends by itself.</param>
    /// <param name="tick">Called with the owner. It must not refer to the owner in another way.</param>
    /// <param name="dueTime">The time to the first tick; infinite: the timer waits for <see cref="ITimer.Change"/>.</param>
    /// <param name="period">The time between ticks; infinite: one tick.</param>
    public static ITimer CreateTimer<T>(
        TimeProvider time, string name, ILogger logger, T owner, Action<T> tick, TimeSpan dueTime, TimeSpan period)
        where T : class
    {
        using (FlowSuppression.Begin())
        {
            return time.CreateTimer(
                static state => ((WeakTick<T>)state!).Invoke(), new WeakTick<T>(name, logger, owner, tick), dueTime, period);
        }
    }

    /// <summary>Leaves a task unawaited. Its failure is reported elsewhere, or does not matter.</summary>
    public static void Forget(this Task task)
    {
        if (!task.IsCompletedSuccessfully)
        {
            _ = task.ContinueWith(
                static ended => _ = ended.Exception,
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private static async Task GuardAsync(string name, ILogger logger, Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            logger.BackgroundThrew(name, exception);
        }
    }

    private sealed class WeakTick<T>(string name, ILogger logger, T owner, Action<T> tick)
        where T : class
    {
        private readonly WeakReference<T> _owner = new(owner);

        public void Invoke()
        {
            if (!_owner.TryGetTarget(out T? target))
            {
                return;
            }

            try
            {
                tick(target);
            }
            catch (Exception exception)
            {
                logger.BackgroundThrew(name, exception);
            }
        }
    }
}
