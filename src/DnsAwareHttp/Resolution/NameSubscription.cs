using System.Net.Sockets;

namespace DnsAwareHttp.Resolution;

/// <summary>A cluster's hold on one name: while it lasts, the name is refreshed and its answers are told to the cluster.</summary>
internal sealed class NameSubscription(CacheEntry entry, Action<CachedAnswer> listener, HostRefresher refresher, SteadyClock clock, Action unused) : IDisposable
{
    private int _disposed;

    /// <summary>What is known of the name; null before the first answer.</summary>
    public CachedAnswer? Current => entry.Current;

    /// <summary>The family that won when both were dialled, whoever did; <see cref="AddressFamily.Unspecified"/> until then.</summary>
    public AddressFamily PreferredFamily
    {
        get => entry.PreferredFamily;
        set => entry.PreferredFamily = value;
    }

    /// <summary>What is known if it still holds, else the outcome of a new question. The listener may be told a moment later.</summary>
    public Task<CachedAnswer> AnswerAsync()
    {
        CachedAnswer? current = entry.Current;
        return current is not null && clock.Now < current.ExpiresAt ? Task.FromResult(current) : refresher.AskAsync(entry, current);
    }

    /// <summary>A sign that the answer may be old, such as a connect that failed.</summary>
    public void Hint() => refresher.Hint(entry);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        lock (entry.Sync)
        {
            entry.Listeners = entry.Listeners.Remove(listener);
        }

        unused();
    }
}
