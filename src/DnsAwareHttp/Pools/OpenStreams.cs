using System.Net.Sockets;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Pools;

/// <summary>The open connections of one endpoint.</summary>
internal sealed class OpenStreams
{
    // Both counts share one word: the busy ones are in its lower half, those that were asked in its upper half.
    private const int AskedShift = 32;

    // Weak: the runtime holds no reference to a connection whose response is being read. A response that the application lost
    // can be collected together with its socket, as without this library.
    private readonly Dictionary<long, WeakReference<TrackedStream>> _streams = [];
    private readonly OrderedLock _sync = new(LockRank.Sockets);
    private readonly TaskCompletionSource _allClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastId;
    private volatile int _count;
    private long _uses;
    private volatile bool _wasEndedByPeer;
    private bool _sealed;
    private long _firstAnswers;

    /// <summary>Measures what happens to the endpoint.</summary>
    public EndpointMetrics Metrics { get; set; } = EndpointMetrics.None;

    /// <summary>Ends when the set is sealed and its last stream is closed.</summary>
    public Task AllClosed => _allClosed.Task;

    /// <summary>The number of open streams. Each request reads it: no lock.</summary>
    public int Count => _count;

    /// <summary>The number of streams that await something: an answer, or more of one.</summary>
    public int Busy => (int)Volatile.Read(ref _uses);

    /// <summary>Those of them that await the first byte of an answer.</summary>
    public int Asked => (int)(Volatile.Read(ref _uses) >> AskedShift);

    /// <summary>The HTTP/2 connections among them.</summary>
    public Http2Streams Http2 { get; } = new();

    /// <summary>The number of streams that were ever opened.</summary>
    public long Opened => Volatile.Read(ref _lastId);

    /// <summary>The connects that the runtime gave up.</summary>
    public InterruptedConnects Interrupted { get; } = new();

    /// <summary>Makes a connected socket a stream of this set; null, and the socket closed, when the set is sealed.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="connecting">The token that the runtime gave to the connect.</param>
    public TrackedStream? Add(Socket socket, CancellationToken connecting = default)
    {
        using (_sync.Enter())
        {
            if (!_sealed)
            {
                TrackedStream stream = new(socket, ++_lastId, this, connecting);
                _streams.Add(_lastId, new WeakReference<TrackedStream>(stream));
                _count = _streams.Count;
                Metrics.OnOpened();
                return stream;
            }
        }

        socket.Dispose();
        return null;
    }

    /// <summary>A request was answered. One for each connection counts as the request that it was opened for.</summary>
    // The runtime does not tell which connection a request had. No more requests can have had a new one than there were new ones.
    public void OnAnswered()
    {
        long before = Volatile.Read(ref _firstAnswers);
        bool isNew = before < Opened && Interlocked.CompareExchange(ref _firstAnswers, before + 1, before) == before;
        Metrics.OnAnswered(isNew);
    }

    /// <summary>Looks at each connection, for the metrics.</summary>
    public void Survey(OriginTally tally)
    {
        if (_count > 0)
        {
            Open().ForEach(stream => stream.Survey(tally));
        }
    }

    /// <summary>Whether the peer ended one of them since this was last set to false.</summary>
    public bool WasEndedByPeer
    {
        get => _wasEndedByPeer;
        set => _wasEndedByPeer = value;
    }

    /// <summary>A stream becomes busy, or it ends to be busy.</summary>
    /// <param name="change">1 or -1.</param>
    /// <param name="isAsked">Whether it awaits, or awaited, the first byte of an answer.</param>
    public void AddBusy(int change, bool isAsked) => Interlocked.Add(ref _uses, change * (isAsked ? (1L << AskedShift) + 1 : 1));

    public void Remove(long id, bool byPeer = false)
    {
        using (_sync.Enter())
        {
            _wasEndedByPeer |= byPeer;
            _streams.Remove(id);
            _count = _streams.Count;
            ReportIfAllClosed_NeedsLock();
        }
    }

    /// <summary>The number of HTTP/1.1 connections that carry a body that streams.</summary>
    public int CountStreaming()
    {
        if (_count == 0 || Http2.Connections > 0)
        {
            return 0;
        }

        using (_sync.Enter())
        {
            return _streams.Values.Count(static stream => stream.TryGetTarget(out TrackedStream? open) && open.SampleStreaming());
        }
    }

    /// <summary>Whether a condition holds for the socket of an open stream.</summary>
    public bool Any(Func<Socket, bool> condition) => Open().Exists(stream => stream.Is(condition));

    /// <summary>Looks at idle streams until one is found that its peer has not ended. The others are idle no longer.</summary>
    public void CheckIdle() => _ = Open().Exists(static stream => stream.IsIdleAndOpen());

    /// <summary>
    /// Whether the peer of a stream has sent no byte at all for so long. Samples measure it. For one caller at a time.
    /// </summary>
    public bool SampleUnanswered(DateTimeOffset now, TimeSpan limit)
    {
        TimeSpan longest = TimeSpan.Zero;
        foreach (TrackedStream stream in Open())
        {
            TimeSpan unanswered = stream.SampleUnanswered(now);
            longest = unanswered > longest ? unanswered : longest;
        }

        return longest >= limit;
    }

    /// <summary>Closes the sockets of the streams whose peers never sent a byte.</summary>
    public void CutUnanswered() => Open().ForEach(static stream => stream.CutIfUnanswered());

    /// <summary>Closes the sockets of the streams whose peers have acknowledged nothing for long. For one caller at a time.</summary>
    /// <returns>Whether a stream is silent, and not cut yet.</returns>
    public bool CutSilent(DateTimeOffset now, Func<Socket, bool> isSilent)
    {
        bool isOneSilent = false;
        foreach (TrackedStream stream in Open())
        {
            isOneSilent |= stream.SampleSilent(now, isSilent);
        }

        return isOneSilent;
    }

    /// <summary>Lets no further stream in.</summary>
    /// <returns>The number of open streams.</returns>
    public int Seal()
    {
        using (_sync.Enter())
        {
            _sealed = true;
            ReportIfAllClosed_NeedsLock();
            return _streams.Count;
        }
    }

    /// <summary>Closes the sockets of all open streams. Reads and writes under way fail.</summary>
    /// <returns>The number of streams that were cut.</returns>
    public int CutAll()
    {
        List<TrackedStream> open = Open();
        foreach (TrackedStream stream in open)
        {
            stream.Cut();
        }

        return open.Count;
    }

    private List<TrackedStream> Open()
    {
        List<TrackedStream> open = [];
        using (_sync.Enter())
        {
            foreach ((long id, WeakReference<TrackedStream> stream) in _streams)
            {
                if (stream.TryGetTarget(out TrackedStream? target))
                {
                    open.Add(target);
                }
                else
                {
                    // Lost by the application; its finaliser closes the socket.
                    _streams.Remove(id);
                }
            }

            _count = _streams.Count;
            ReportIfAllClosed_NeedsLock();
        }

        return open;
    }

    private void ReportIfAllClosed_NeedsLock()
    {
        _sync.AssertHeld();
        if (_sealed && _streams.Count == 0)
        {
            _allClosed.TrySetResult();
        }
    }
}
