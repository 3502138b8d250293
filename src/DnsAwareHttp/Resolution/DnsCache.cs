using System.Collections.Concurrent;
using System.Net.Sockets;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Resolution.Sources;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp;

/// <summary>
/// Keeps the answers of name resolution as long as their TTL allows and refreshes those in use in the background. One per process is enough; handlers share it.
/// </summary>
/// <remarks>
/// One question per name and address family is in flight at a time, whoever asks. While questions fail, the last good answer serves on
/// (<see cref="DnsCacheOptions.MaxStale"/>, RFC 8767). Names are refreshed while an open origin uses them, and not otherwise. All members are safe for
/// concurrent use. A handler outlives the cache it was given: it goes on with the addresses that it knows.
/// </remarks>
public sealed class DnsCache : IDisposable, IAsyncDisposable
{
    private readonly ConcurrentDictionary<Question, CacheEntry> _entries = new();
    private readonly DnsCacheOptions _options;
    private readonly HostRefresher _refresher;
    private readonly INameChanges? _changes;
    private readonly NameResolver? _announcing;
    private readonly ResolverChain? _own;
    private readonly Lock _watching = new();
    private IDisposable? _watch;
    private int _subscriptions;

    private long _useCounter;
    private volatile bool _disposed;

    /// <summary>Makes a cache.</summary>
    /// <param name="options">How to ask, keep and refresh; null for the defaults. Copied: later changes have no effect.</param>
    /// <param name="resolver">
    /// Where answers come from; null for hosts file, DNS and the operating system's resolver. It is not disposed. A <see cref="NameResolver"/> may announce changes.
    /// </param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="loggerFactory">Where to log, under the category <c>DnsAwareHttp.DnsCache</c>; null for nowhere.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option is out of its range; the message has all of them.</exception>
    public DnsCache(DnsCacheOptions? options = null, INameResolver? resolver = null, TimeProvider? timeProvider = null, ILoggerFactory? loggerFactory = null)
    {
        options ??= new DnsCacheOptions();
        DnsCacheOptionsValidator.ThrowIfInvalid(options);
        _options = options.Snapshot();
        Clock = new SteadyClock(timeProvider ?? TimeProvider.System);
        ILogger logger = GuardedLogger.Create<DnsCache>(loggerFactory ?? NullLoggerFactory.Instance);
        resolver ??= _own = new ResolverChain(_options, Clock.Provider, logger);
        _changes = resolver as INameChanges;
        _refresher = new HostRefresher(resolver, _options, Clock, Random.Shared, logger);
        _announcing = resolver as NameResolver;
        _announcing?.Attach(this);
    }

    /// <summary>The clock that the handlers of this cache go by.</summary>
    internal SteadyClock Clock { get; }

    /// <summary>How long what was last known to be good is believed.</summary>
    internal TimeSpan MaxStale => _options.MaxStale;

    /// <summary>Names kept, for tests of the bound.</summary>
    internal int Count => _entries.Count;

    /// <summary>Whether no question is in flight and nobody waits for one, for tests.</summary>
    internal bool IsQuiet => _refresher.IsQuiet;

    /// <summary>A subscription to the answers to a question. It registers nothing and reports nothing until <see cref="NameSubscription.Start"/>.</summary>
    internal NameSubscription Subscribe(Question question, IAnswerListener listener) => new(question, listener, this);

    /// <summary>Likewise, begun already. The subscription refers to the listener, and the cache to both until it is disposed.</summary>
    internal NameSubscription Subscribe(string host, AddressFamily family, Action<CachedAnswer> listener) =>
        SubscribeTo(Question.ForAddresses(host, family), listener);

    /// <inheritdoc cref="Subscribe(string, AddressFamily, Action{CachedAnswer})"/>
    internal NameSubscription SubscribeToService(string name, Action<CachedAnswer> listener) => SubscribeTo(Question.ForService(name), listener);

    /// <summary>The answers for these names (lower case, no trailing dot), or for all, are old: names in use are asked for at once.</summary>
    internal void Invalidate(IReadOnlySet<string>? names)
    {
        foreach (CacheEntry entry in _entries.Values)
        {
            if (names is null || names.Contains(entry.Question.Name.TrimEnd('.').ToLowerInvariant()))
            {
                _refresher.Invalidate(entry);
            }
        }
    }

    /// <summary>Looks a name up ahead of its first request, which then waits for nothing while the answer holds.</summary>
    /// <remarks>A name is kept fresh from its first request on; until then the answer ends with its TTL (<see cref="DnsCacheOptions.MaxTtl"/> at most).</remarks>
    /// <param name="host">A host name as in a URI, without port.</param>
    /// <param name="addressFamily">As <see cref="DnsAwareOptions.AddressFamily"/> of the handlers that will ask.</param>
    /// <param name="cancellationToken">Ends the waiting, not the question, which others may share.</param>
    /// <returns>What is known now: the answer that still holds, or the outcome of a new question. A failure is an outcome, too.</returns>
    /// <exception cref="ArgumentException"><paramref name="host"/> is no host of a URI.</exception>
    /// <exception cref="ObjectDisposedException">The cache was disposed.</exception>
    public async Task<Answer> PrefetchAsync(string host, AddressFamily addressFamily = AddressFamily.Unspecified, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(host);
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();

        // The name as requests ask for it: lower case, IDN in ASCII.
        string inUri = host.Contains(':', StringComparison.Ordinal) && !host.StartsWith('[') ? $"[{host}]" : host;
        if (!Uri.TryCreate($"http://{inUri}/", UriKind.Absolute, out Uri? uri) || !uri.IsDefaultPort || uri.UserInfo.Length > 0 || uri.PathAndQuery != "/")
        {
            throw new ArgumentException($"\"{host}\" is no host name; give a name such as api.example.com, without scheme, port or path.", nameof(host));
        }

        using NameSubscription subscription = Subscribe(uri.IdnHost, addressFamily, static _ => { });
        return (await subscription.AnswerAsync().WaitAsync(cancellationToken).ConfigureAwait(false)).Latest;
    }

    /// <summary>Stops all background work without waiting for its end. Pending questions fail; answers are no longer refreshed.</summary>
    public void Dispose()
    {
        _disposed = true;
        _announcing?.Detach(this);
        Unwatch();
        _refresher.Stop();
        _own?.Stop();
    }

    /// <summary>Stops all background work and waits for its end.</summary>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        _announcing?.Detach(this);
        Unwatch();
        await _refresher.DisposeAsync().ConfigureAwait(false);
        if (_own is not null)
        {
            await _own.DisposeAsync().ConfigureAwait(false);
        }
    }

    internal Task<CachedAnswer> AnswerAsync(CacheEntry entry)
    {
        CachedAnswer? current = entry.Current;
        return current is not null && Clock.Now < current.ExpiresAt ? Task.FromResult(current) : _refresher.AskAsync(entry, current);
    }

    internal void Hint(CacheEntry entry) => _refresher.Hint(entry);

    internal CacheEntry EntryOf(Question question) => _entries.GetOrAdd(question, static question => new CacheEntry(question));

    internal CacheEntry Register(NameSubscription subscription)
    {
        CountSubscriptions(+1);
        while (true)
        {
            CacheEntry entry = EntryOf(subscription.Question);
            entry.LastUsed = Interlocked.Increment(ref _useCounter);
            lock (entry.Sync)
            {
                if (entry.Evicted)
                {
                    continue;
                }

                entry.Subscriptions = entry.Subscriptions.Add(subscription);
            }

            EvictIfFull();
            return entry;
        }
    }

    internal void Begin(NameSubscription subscription, CacheEntry entry)
    {
        if (entry.Current is not CachedAnswer known)
        {
            _ = _refresher.AskAsync(entry, seen: null);
        }
        else if (Clock.Now < known.ExpiresAt)
        {
            _refresher.Tell(subscription, known);
            _refresher.Plan(entry, known.RefreshAt);
        }
        else
        {
            _refresher.Own(Background.Run(() => TellOldAnswerIfNewOneIsLateAsync(entry, known, subscription)));
        }
    }

    internal void Unregister(NameSubscription subscription, CacheEntry entry)
    {
        int before;
        lock (entry.Sync)
        {
            before = entry.Subscriptions.Length;
            entry.Subscriptions = entry.Subscriptions.Remove(subscription);
            before -= entry.Subscriptions.Length;
        }

        if (before > 0)
        {
            CountSubscriptions(-1);
        }
    }

    private NameSubscription SubscribeTo(Question question, Action<CachedAnswer> listener)
    {
        DelegateListener adapter = new(listener);
        NameSubscription subscription = new(question, adapter, this) { KeptListener = adapter };
        subscription.Start();
        return subscription;
    }

    private async Task TellOldAnswerIfNewOneIsLateAsync(CacheEntry entry, CachedAnswer old, NameSubscription subscription)
    {
        try
        {
            // Its outcome is told to all listeners, this one among them.
            await _refresher.AskAsync(entry, old).WaitAsync(_options.StaleAnswerTimeout, Clock.Provider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            if (old.LastGood is not null && !old.IsTooOld(Clock.Now, _options))
            {
                _refresher.Tell(subscription, old);
            }
        }
        catch (ObjectDisposedException)
        {
            // The cache is closing.
        }
    }

    private void EvictIfFull()
    {
        int surplus = _entries.Count - _options.MaxEntries;
        if (surplus <= 0)
        {
            return;
        }

        // A tenth more goes at once, so that a full table does not sort itself for each new name.
        int most = surplus + (_options.MaxEntries / 10);
        foreach ((Question key, CacheEntry entry) in _entries.ToArray().OrderBy(pair => pair.Value.LastUsed))
        {
            if (most == 0)
            {
                return;
            }

            if (TryEvict(entry))
            {
                // This entry and no other: two may evict at a time, and the name may have a new entry already, with listeners.
                _entries.TryRemove(KeyValuePair.Create(key, entry));
                most--;
            }
        }
    }

    private static bool TryEvict(CacheEntry entry)
    {
        if (!entry.Sync.TryEnter())
        {
            return false;
        }

        try
        {
            entry.Evicted = !entry.Subscriptions.Any(static one => one.Listener is not null) && entry.InFlight is null;
            return entry.Evicted;
        }
        finally
        {
            entry.Sync.Exit();
        }
    }

    // Files are watched while a name is in use, so that a cache that was dropped without disposal holds no running timer.
    private void CountSubscriptions(int change)
    {
        if (_changes is null)
        {
            return;
        }

        lock (_watching)
        {
            _subscriptions += change;
            if (_subscriptions == 0)
            {
                Unwatch();
            }
            else if (_watch is null && !_disposed)
            {
                _watch = _changes.Watch(Invalidate);
            }
        }
    }

    private void Unwatch()
    {
        lock (_watching)
        {
            _watch?.Dispose();
            _watch = null;
        }
    }

    private sealed class DelegateListener(Action<CachedAnswer> listener) : IAnswerListener
    {
        public void OnAnswer(CachedAnswer answer) => listener(answer);
    }
}
