using System.Collections.Concurrent;

namespace DnsAwareHttp.Resolution;

/// <summary>The background work of a cache that is under way. Disposal awaits it.</summary>
internal sealed class RunningWork
{
    private readonly ConcurrentDictionary<Task, bool> _tasks = new();

    public bool IsEmpty => _tasks.IsEmpty;

    /// <summary>Completes when all work that was added before is over, whatever its outcome.</summary>
    public Task Ended => Task.WhenAll(_tasks.Keys);

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
