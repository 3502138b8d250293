namespace DnsAwareHttp.Tests.Fidelity;

/// <summary>Every thread of the pool waits, and no new one is made, until this is disposed. For tests that run alone.</summary>
internal sealed class BusyThreadPool : IDisposable
{
    private readonly ManualResetEventSlim _release = new();
    private readonly CountdownEvent _left;
    private readonly (int Workers, int Completions) _least;
    private readonly (int Workers, int Completions) _most;

    /// <summary>Call it on a thread that is not of the pool.</summary>
    public BusyThreadPool()
    {
        Thread.CurrentThread.IsThreadPoolThread.Should().BeFalse();
        ThreadPool.GetMinThreads(out _least.Workers, out _least.Completions);
        ThreadPool.GetMaxThreads(out _most.Workers, out _most.Completions);
        int threads = Math.Max(ThreadPool.ThreadCount, _least.Workers);
        ThreadPool.SetMaxThreads(threads, _most.Completions).Should().BeTrue();
        ThreadPool.SetMinThreads(threads, _least.Completions).Should().BeTrue();
        _left = new CountdownEvent(threads);
        using CountdownEvent busy = new(threads);
        for (int i = 0; i < threads; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ => Wait(busy), null);
        }

        busy.Wait(TimeSpan.FromSeconds(30)).Should().BeTrue();
    }

    public void Dispose()
    {
        _release.Set();
        ThreadPool.SetMaxThreads(_most.Workers, _most.Completions);
        ThreadPool.SetMinThreads(_least.Workers, _least.Completions);
        _left.Wait();
        _left.Dispose();
        _release.Dispose();
    }

    private void Wait(CountdownEvent busy)
    {
        busy.Signal();
        _release.Wait();
        _left.Signal();
    }
}
