using System.Net.Sockets;

namespace DnsAwareHttp.Resolution;

/// <summary>The use of one name by one listener. While it lasts, the name is refreshed and its answers are reported to the listener.</summary>
/// <remarks>
/// It begins with <see cref="Start"/>, and ends with <see cref="Dispose"/> or with the collection of the listener.
/// The cache refers to the subscription, the subscription refers to the listener weakly: a listener that the application dropped can be collected.
/// </remarks>
internal sealed class NameSubscription(Question question, IAnswerListener listener, DnsCache cache) : IDisposable
{
    private readonly WeakReference<IAnswerListener> _listener = new(listener);
    private volatile CacheEntry? _entry;
    private int _started;
    private volatile bool _ended;

    public Question Question => question;

    /// <summary>What is known of the name; null before the first answer.</summary>
    public CachedAnswer? Current => _entry?.Current;

    /// <summary>The family that won when both were dialled, on behalf of any user of the name; <see cref="AddressFamily.Unspecified"/> until then.</summary>
    public AddressFamily PreferredFamily
    {
        get => _entry?.PreferredFamily ?? AddressFamily.Unspecified;
        set => Entry.PreferredFamily = value;
    }

    // Before the start, and while another thread starts it, the name can be asked already.
    private CacheEntry Entry => _entry ?? cache.EntryOf(question);

    /// <summary>Begins: the listener is told what is known of the name, at once if that holds, then with each answer.</summary>
    /// <exception cref="ObjectDisposedException">The cache was disposed, and knows nothing of the name.</exception>
    public void Start()
    {
        if (Interlocked.Exchange(ref _started, 1) != 0 || _ended)
        {
            return;
        }

        _entry = cache.Register(this);
        Interlocked.MemoryBarrier();
        if (_ended)
        {
            cache.Unregister(this, _entry);
            return;
        }

        cache.Begin(this, _entry);
    }

    /// <summary>What is known if it still holds, else the outcome of a new question. The listener may be told a moment later.</summary>
    public Task<CachedAnswer> AnswerAsync() => cache.AnswerAsync(Entry);

    /// <summary>A sign that the answer may be old, such as a connect that failed.</summary>
    public void Hint() => cache.Hint(Entry);

    /// <summary>A listener that lives as long as the subscription.</summary>
    public IAnswerListener? KeptListener { get; init; }

    /// <summary>The listener; null after its collection.</summary>
    public IAnswerListener? Listener => _listener.TryGetTarget(out IAnswerListener? target) ? target : null;

    public void Dispose()
    {
        _ended = true;
        Interlocked.MemoryBarrier();
        if (_entry is CacheEntry entry)
        {
            cache.Unregister(this, entry);
        }
    }
}
