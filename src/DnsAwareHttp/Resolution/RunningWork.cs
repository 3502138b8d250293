using System.Collections.Concurrent;

namespace DnsAwareHttp.Resolution;

/// <summary>The background work of a cache that is under way. Disposal awaits it.</summary>
internal sealed class RunningWork
{
    private readonly ConcurrentDictionary<Task, bool> _tasks = new();
    private TaskCompletionSource? _idle;
    private int _count;

    public bool IsEmpty => Volatile.Read(ref _count) == 0 && _tasks.IsEmpty;

    /// <summary>Completes when all work that was added before is over, whatever its outcome.</summary>
    public Task Ended
    {
        get
        {
            TaskCompletionSource idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
            idle = Interlocked.CompareExchange(ref _idle, idle, null) ?? idle;
            if (Volatile.Read(ref _count) == 0)
            {
                idle.TrySetResult();
            }

            return Task.WhenAll([idle.Task, .. _tasks.Keys]);
        }
    }

    /// <summary>Adds work that calls <see cref="End"/> when it is over. It costs nothing.</summary>
    public void Begin() => Interlocked.Increment(ref _count);

    /// <summary>Ends what <see cref="Begin"/> began.</summary>
    public void End()
    {
        if (Interlocked.Decrement(ref _count) == 0)
        {
            Volatile.Read(ref _idle)?.TrySetResult();
        }
    }

    public void Add(Task work)
    {
        _tasks[work] = true;
        _ = work.ContinueWith(
            static (ended, state) =>
            {
                // Reading it marks it as observed.
                _ = ended.Exception;
                ((ConcurrentDictionary<Task, bool>)state!).TryRemove(ended, out _);
            },
            _tasks, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
