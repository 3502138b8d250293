using System.Net.Sockets;

namespace DnsAwareHttp.Resolution;

/// <summary>The use of one name by one listener: the name is refreshed, and its answers are reported to the listener.</summary>
/// <remarks>
/// It begins with <see cref="Start"/>, and ends with <see cref="Dispose"/> or after the collection of the listener.
/// The subscription refers to the listener weakly: a handler that the application dropped can be collected.
/// </remarks>
internal sealed class NameSubscription(Question question, IAnswerListener listener, NameTable names, NameRefresher refresher) : IDisposable
{
    private readonly WeakReference<IAnswerListener> _listener = new(listener);
    private volatile CacheEntry? _entry;
    private int _isStarted;
    private volatile bool _isEnded;

    public Question Question => question;

    /// <summary>Whether a name that was never found is asked about again although no request waits for it.</summary>
    /// <value>Default: true.</value>
    public bool KeepsAsking { get; init; } = true;

    /// <summary>Slows down the questions in the background; null: the TTL alone counts.</summary>
    public RefreshPace? Pace { get; init; }

    /// <summary>The listener; null after its collection.</summary>
    public IAnswerListener? Listener => _listener.TryGetTarget(out IAnswerListener? target) ? target : null;

    /// <summary>The latest answer about the name; null before the first one.</summary>
    public CachedAnswer? Current => _entry?.Current;

    /// <summary>The family that won when both were dialled, for any user of the name.</summary>
    /// <value><see cref="AddressFamily.Unspecified"/> until then.</value>
    public AddressFamily PreferredFamily
    {
        get => _entry?.PreferredFamily ?? AddressFamily.Unspecified;
        set => Entry.PreferredFamily = value;
    }

    // Before the start, and while another thread starts it, the name can be asked already.
    private CacheEntry Entry => _entry ?? names.EntryOf(question);

    /// <summary>Begins. An answer that is known and holds is reported before this returns.</summary>
    /// <exception cref="ObjectDisposedException">The cache was disposed, and a question would be needed.</exception>
    public void Start()
    {
        if (Interlocked.Exchange(ref _isStarted, 1) != 0 || _isEnded)
        {
            return;
        }

        CacheEntry entry = names.Add(this);
        _entry = entry;

        // Against a Dispose at the same time: one of the two sees what the other wrote.
        Interlocked.MemoryBarrier();
        if (_isEnded)
        {
            names.Remove(this, entry);
            return;
        }

        try
        {
            refresher.Begin(this, entry);
        }
        catch (ObjectDisposedException)
        {
            names.Remove(this, entry);
            throw;
        }
    }

    /// <summary>The latest answer if it is fresh enough, else the outcome of a new question. The listener may hear of it a moment
    /// later.</summary>
    /// <exception cref="ObjectDisposedException">The cache was disposed, and a question would be needed.</exception>
    public Task<CachedAnswer> AnswerAsync(Freshness freshness = default) => refresher.AnswerAsync(Entry, freshness);

    /// <summary>A sign that the answer may be old, such as a connect that failed.</summary>
    public void Hint()
    {
        if (_entry is CacheEntry entry)
        {
            refresher.Hint(entry);
        }
    }

    public void Dispose()
    {
        _isEnded = true;
        Interlocked.MemoryBarrier();
        if (_entry is CacheEntry entry)
        {
            names.Remove(this, entry);
        }
    }
}
