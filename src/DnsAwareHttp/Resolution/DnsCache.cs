using System.Buffers;
using System.Diagnostics.Metrics;
using System.Net.Sockets;
using DnsAwareHttp.Diagnostics;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Resolution.Sources;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp;

/// <summary>
/// Keeps the answers of name resolution for their TTL, and refreshes the names in use in the background. One cache per process is enough:
/// handlers share it.
/// </summary>
/// <remarks>
/// One question per name and address family is in flight at a time, for all handlers. While questions fail, the last good answer stays in
/// use (<see cref="DnsCacheOptions.MaxStale"/>, RFC 8767). Names are refreshed only while an open origin uses them. All members are safe
/// for concurrent use. After the disposal of its cache, a handler goes on with the addresses that it knows.
/// </remarks>
public sealed class DnsCache : IDisposable, IAsyncDisposable
{
    // The family that is late joins the answer later. The caller of a prefetch gets both if that is quick.
    private static readonly TimeSpan RestPatience = TimeSpan.FromSeconds(2);

    private static readonly SearchValues<char> PlainLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.");

    private static readonly SilentListener Silent = new();

    private readonly DnsCacheOptions _options;
    private readonly NameTable _names;
    private readonly NameRefresher _refresher;
    private readonly ChangeWatch? _watch;
    private readonly NameResolver? _announcing;
    private readonly ResolverChain? _own;
    private volatile bool _disposed;

    /// <summary>Makes a cache.</summary>
    /// <param name="options">How to ask, keep and refresh; null for the defaults. Copied: later changes have no effect.</param>
    /// <param name="resolver">
    /// Answers questions, and is not disposed; null for hosts file, DNS and the operating system's resolver. A <see cref="NameResolver"/>
    /// may announce changes.
    /// </param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="loggerFactory">Makes the logger of the category <c>DnsAwareHttp.DnsCache</c>; null for no log.</param>
    /// <remarks>
    /// Lookups are measured with the meter of the process. A cache of a container (<c>AddDnsCache</c>) uses the container's
    /// <see cref="IMeterFactory"/>.
    /// </remarks>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Options are out of range; all are listed.</exception>
    public DnsCache(
        DnsCacheOptions? options = null,
        INameResolver? resolver = null,
        TimeProvider? timeProvider = null,
        ILoggerFactory? loggerFactory = null)
        : this(options, resolver, timeProvider, loggerFactory, meters: null)
    {
    }

    /// <param name="options">As in the public constructor.</param>
    /// <param name="resolver">As in the public constructor.</param>
    /// <param name="timeProvider">As in the public constructor.</param>
    /// <param name="loggerFactory">As in the public constructor.</param>
    /// <param name="meters">Makes the meter of the lookups; null for the meter of the process.</param>
    internal DnsCache(
        DnsCacheOptions? options, INameResolver? resolver, TimeProvider? timeProvider, ILoggerFactory? loggerFactory, IMeterFactory? meters)
    {
        options ??= new DnsCacheOptions();
        DnsCacheOptionsValidator.ThrowIfInvalid(options);
        _options = options.Snapshot();
        Metrics = DnsAwareMetrics.Of(meters);
        Clock = new SteadyClock(timeProvider ?? TimeProvider.System);
        ILogger logger = BoundedLogger.Create<DnsCache>(loggerFactory ?? NullLoggerFactory.Instance, Clock.Provider);
        resolver ??= _own = new ResolverChain(_options, Clock.Provider, logger);
        _names = new NameTable(_options.MaxEntries) { SubscriptionsChanged = OnSubscriptionsChanged, Evicted = OnEvicted };
        AnswerPublisher publisher = new(_options, Clock, Random.Shared, logger) { Metrics = Metrics };
        _refresher = new NameRefresher(_names, resolver, publisher, _options, Clock, logger);
        _watch = resolver is INameChanges changes ? new ChangeWatch(changes, logger, Invalidate) : null;
        _announcing = resolver as NameResolver;
        _announcing?.Attach(this);
    }

    /// <summary>The clock that the handlers of this cache go by.</summary>
    internal SteadyClock Clock { get; }

    /// <summary>The metrics of the lookups.</summary>
    internal DnsAwareMetrics Metrics { get; }

    /// <summary>How long an expired answer is used while questions fail.</summary>
    internal TimeSpan MaxStale => _options.MaxStale;

    /// <summary>Whether answers may be late, for requests that come after a pause of the process.</summary>
    internal Lateness Lateness => _refresher.Lateness;

    /// <summary>Names kept, for tests of the bound.</summary>
    internal int Count => _names.Count;

    /// <summary>Whether no background work is under way, for tests.</summary>
    internal bool IsQuiet => _refresher.IsQuiet;

    /// <summary>A subscription to the answers to a question. It does nothing before <see cref="NameSubscription.Start"/>.</summary>
    internal NameSubscription Subscribe(
        Question question, IAnswerListener listener, bool keepsAsking = true, RefreshPace? pace = null) =>
        new(question, listener, _names, _refresher) { KeepsAsking = keepsAsking, Pace = pace };

    /// <summary>Looks a name up ahead of its first request, which then does not wait while the answer holds.</summary>
    /// <remarks>
    /// A name is kept fresh from its first request on. Until then the answer ends with its TTL, limited by <see
    /// cref="DnsCacheOptions.MaxTtl"/>.
    /// </remarks>
    /// <param name="host">A host name as in a URI, without port.</param>
    /// <param name="addressFamily">As <see cref="DnsAwareOptions.AddressFamily"/> of the handlers that will ask.</param>
    /// <param name="cancellationToken">Ends the waiting, not the question, which others may share.</param>
    /// <returns>The answer that still holds, or the outcome of a new question, which may be a failure.</returns>
    /// <exception cref="ArgumentException"><paramref name="host"/> is not the host of a URI.</exception>
    /// <exception cref="ObjectDisposedException">The cache was disposed.</exception>
    public async Task<Answer> PrefetchAsync(
        string host, AddressFamily addressFamily = AddressFamily.Unspecified, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(host);
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        using NameSubscription subscription = Subscribe(Question.ForAddresses(NameInUri(host), addressFamily), Silent);
        subscription.Start();
        Answer answer = (await subscription.AnswerAsync().WaitAsync(cancellationToken).ConfigureAwait(false)).Latest;
        if (answer is Answer.Found { Rest: Task<Answer> rest })
        {
            await ((Task)rest).WaitAsync(RestPatience, Clock.Provider, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            answer = rest.IsCompletedSuccessfully ? await rest.ConfigureAwait(false) : answer;
        }

        return answer;
    }

    /// <summary>Stops all background work without waiting for its end. Pending questions fail; answers are no longer refreshed.</summary>
    public void Dispose()
    {
        _disposed = true;
        _announcing?.Detach(this);
        _watch?.Stop();
        _refresher.Stop();
        _own?.Stop();
    }

    /// <summary>Stops all background work and waits for its end.</summary>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        _announcing?.Detach(this);
        _watch?.Stop();
        await _refresher.DisposeAsync().ConfigureAwait(false);
        if (_own is not null)
        {
            await _own.DisposeAsync().ConfigureAwait(false);
        }
    }

    // The name as requests ask for it: lower case, IDN in ASCII.
    private static string NameInUri(string host)
    {
        if (IsPlainName(host))
        {
            return host;
        }

        string inUri = host.Contains(':', StringComparison.Ordinal) && !host.StartsWith('[') ? $"[{host}]" : host;
        bool isHost = Uri.TryCreate($"http://{inUri}/", UriKind.Absolute, out Uri? uri)
            && uri is { IsDefaultPort: true, UserInfo.Length: 0, PathAndQuery: "/" };
        return isHost
            ? uri!.IdnHost
            : throw new ArgumentException(
                $"\"{host}\" is not a host name; give a name such as api.example.com, without scheme, port or path.", nameof(host));
    }

    // Such a name is in a URI as it is. The last label of an address in any form begins with a digit.
    private static bool IsPlainName(string host)
    {
        ReadOnlySpan<char> last = host.AsSpan(host.LastIndexOf('.') + 1);
        return host.Length < 64
            && !host.AsSpan().ContainsAnyExcept(PlainLetters)
            && last.Length > 0 && char.IsAsciiLetter(last[0]) && host[0] != '.'
            && !host.Contains("..", StringComparison.Ordinal);
    }

    private void OnSubscriptionsChanged(int difference) => _watch?.Count(difference);

    private void OnEvicted(CacheEntry entry) => _refresher.Forget(entry);

    /// <summary>
    /// The answers for these names (lower case, no trailing dot), or for all, are old. Names in use are asked for at once.
    /// </summary>
    internal void Invalidate(IReadOnlySet<string>? names)
    {
        foreach (CacheEntry entry in _names.Entries)
        {
            if (names is null || names.Contains(entry.Question.Name.TrimEnd('.').ToLowerInvariant()))
            {
                _refresher.Invalidate(entry);
            }
        }
    }

    /// <summary>Ignores all reports. The answer is awaited.</summary>
    private sealed class SilentListener : IAnswerListener
    {
        public void OnAnswer(CachedAnswer answer)
        {
        }
    }
}
