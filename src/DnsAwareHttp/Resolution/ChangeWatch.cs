using DnsAwareHttp.Diagnostics;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution;

/// <summary>Watches a resolver for changes while names are in use.</summary>
/// <remarks>The resolver may be code of the application. It is called under no lock.</remarks>
/// <param name="changes">The resolver.</param>
/// <param name="logger">Receives a failure of the resolver.</param>
/// <param name="changed">Called with the names that changed, or null for any name. The resolver refers to it weakly.</param>
internal sealed class ChangeWatch(INameChanges changes, ILogger logger, Action<IReadOnlySet<string>?> changed)
{
    private int _users;
    private int _calls;
    private volatile bool _stopped;
    private IDisposable? _watch;

    /// <summary>Counts users: the watch begins with the first and ends with the last.</summary>
    public void Count(int difference)
    {
        Interlocked.Add(ref _users, difference);
        Adjust();
    }

    /// <summary>Ends the watch for good.</summary>
    public void Stop()
    {
        _stopped = true;
        Adjust();
    }

    // One thread at a time begins or ends the watch. A thread that comes meanwhile leaves its wish to it and does not wait.
    private void Adjust()
    {
        int calls = Interlocked.Increment(ref _calls);
        if (calls != 1)
        {
            return;
        }

        do
        {
            calls = Volatile.Read(ref _calls);
            BeginOrEnd(isWanted: Volatile.Read(ref _users) > 0 && !_stopped);
        }
        while (Interlocked.CompareExchange(ref _calls, 0, calls) != calls);
    }

    private void BeginOrEnd(bool isWanted)
    {
        try
        {
            if (isWanted)
            {
                _watch ??= changes.Watch(new WeakChange(this).OnChange);
            }
            else if (Interlocked.Exchange(ref _watch, null) is IDisposable watch)
            {
                watch.Dispose();
            }
        }
        catch (Exception exception)
        {
            logger.BackgroundThrew("the watch for changes of names", exception);
        }
    }

    private void OnChange(IReadOnlySet<string>? names) => changed(names);

    // A resolver may live longer than a cache that was dropped without disposal.
    private sealed class WeakChange(ChangeWatch watch)
    {
        private readonly WeakReference<ChangeWatch> _watch = new(watch);

        public void OnChange(IReadOnlySet<string>? names)
        {
            if (_watch.TryGetTarget(out ChangeWatch? target))
            {
                target.OnChange(names);
            }
        }
    }
}
