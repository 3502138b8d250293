using System.Net.Sockets;

namespace DnsAwareHttp.Pools;

/// <summary>The open connections of one endpoint.</summary>
internal sealed class OpenStreams
{
    // Weak: the runtime holds no reference to a connection whose response is being read, and a response that the application lost
    // is to be collected together with its socket, as it would be without us.
    private readonly Dictionary<long, WeakReference<TrackedStream>> _streams = [];
    private readonly Lock _sync = new();
    private readonly TaskCompletionSource _allClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastId;
    private volatile int _count;
    private volatile bool _wasEndedByPeer;
    private bool _sealed;

    /// <summary>Ends when the set is sealed and its last stream is closed.</summary>
    public Task AllClosed => _allClosed.Task;

    /// <summary>How many are open. Read by each request: no lock.</summary>
    public int Count => _count;

    /// <summary>How many there ever were.</summary>
    public long Opened => Volatile.Read(ref _lastId);

    /// <summary>Makes a connected socket a stream of this set; null, and the socket closed, when the set is sealed.</summary>
    public TrackedStream? Add(Socket socket)
    {
        lock (_sync)
        {
            if (!_sealed)
            {
                TrackedStream stream = new(socket, ++_lastId, this);
                _streams.Add(_lastId, new WeakReference<TrackedStream>(stream));
                _count = _streams.Count;
                return stream;
            }
        }

        socket.Dispose();
        return null;
    }

    /// <summary>Whether the peer ended one of them since this was last set to false.</summary>
    public bool WasEndedByPeer
    {
        get => _wasEndedByPeer;
        set => _wasEndedByPeer = value;
    }

    public void Remove(long id, bool byPeer = false)
    {
        lock (_sync)
        {
            _wasEndedByPeer |= byPeer;
            _streams.Remove(id);
            _count = _streams.Count;
            ReportIfAllClosed_NeedsLock();
        }
    }

    /// <summary>How many carry a body that streams.</summary>
    public int CountStreaming()
    {
        int streaming = 0;
        if (_count > 0)
        {
            lock (_sync)
            {
                foreach (WeakReference<TrackedStream> stream in _streams.Values)
                {
                    streaming += stream.TryGetTarget(out TrackedStream? open) && open.LookWhetherItStreams() ? 1 : 0;
                }
            }
        }

        return streaming;
    }

    /// <summary>Whether something holds of the socket of one of them.</summary>
    public bool Any(Func<Socket, bool> condition) => Open().Exists(stream => stream.Is(condition));

    /// <summary>Lets no further stream in.</summary>
    /// <returns>How many are open.</returns>
    public int Seal()
    {
        lock (_sync)
        {
            _sealed = true;
            ReportIfAllClosed_NeedsLock();
            return _streams.Count;
        }
    }

    /// <summary>Closes the sockets of all open streams: whoever reads or writes gets an error.</summary>
    /// <returns>How many were cut.</returns>
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
        lock (_sync)
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
        if (_sealed && _streams.Count == 0)
        {
            _allClosed.TrySetResult();
        }
    }
}
