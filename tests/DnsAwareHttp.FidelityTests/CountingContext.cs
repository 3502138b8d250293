namespace DnsAwareHttp.FidelityTests;

/// <summary>An application's own context, as of a user interface: what is posted to it runs elsewhere, and is counted.</summary>
internal sealed class CountingContext : SynchronizationContext
{
    private int _posts;

    public int Posts => Volatile.Read(ref _posts);

    public override SynchronizationContext CreateCopy() => this;

    public override void Post(SendOrPostCallback callback, object? state)
    {
        Interlocked.Increment(ref _posts);
        ThreadPool.QueueUserWorkItem(_ => callback(state));
    }

    public override void Send(SendOrPostCallback callback, object? state)
    {
        Interlocked.Increment(ref _posts);
        callback(state);
    }

    /// <summary>Begins something on a thread that has this context. What that posts, it posts itself; what this method awaits, it does not.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> begin) => Caller.OnThread(() =>
    {
        SetSynchronizationContext(this);
        try
        {
            return begin();
        }
        finally
        {
            SetSynchronizationContext(null);
        }
    }).Unwrap();

    /// <summary>Does something on a thread that has this context.</summary>
    public Task<T> Run<T>(Func<T> work) => RunAsync(() => Task.FromResult(work()));
}
