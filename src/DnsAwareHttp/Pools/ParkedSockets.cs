using System.Net.Sockets;
using DnsAwareHttp.Concurrency;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Pools;

/// <summary>Sockets that were connected before the request that will use them. They are few, short-lived, and checked before use.</summary>
internal sealed class ParkedSockets(TimeProvider time)
{
    /// <summary>A server may take a connection that is idle for longer as an attack, and the network may have changed.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(3);

    /// <summary>The time in which the request that waited for a socket takes it, with a margin for a busy machine.</summary>
    private static readonly TimeSpan MaxFreshness = TimeSpan.FromMilliseconds(250);

    private const int MaxCount = 2;

    // Each with the time at which it was parked.
    private readonly List<(Socket Socket, long At)> _sockets = [];
    private readonly OrderedLock _sync = new(LockRank.Sockets);
    private volatile int _count;
    private ITimer? _expiry;
    private bool _sealed;

    public int Count => _count;

    public bool IsEmpty => _count == 0;

    /// <summary>Whether a socket is parked whose peer has not closed it.</summary>
    public bool HasOpen
    {
        get
        {
            using (_sync.Enter())
            {
                return _sockets.Exists(static parked => IsOpen(parked.Socket, mayHaveBytes: false));
            }
        }
    }

    /// <summary>Keeps a connected socket for a moment. Closes it if enough are parked, or if the pool is closed.</summary>
    public void Park(Socket socket)
    {
        using (_sync.Enter())
        {
            if (!_sealed && _sockets.Count < MaxCount)
            {
                _sockets.Add((socket, time.GetTimestamp()));
                _count = _sockets.Count;
                StartExpiry_NeedsLock();
                return;
            }
        }

        socket.Dispose();
    }

    /// <summary>The newest socket whose peer has not closed it. One that waited for longer must be without bytes, too.</summary>
    /// <remarks>
    /// A request takes the socket that it waited for with the bytes that it has, as without this library: the server may answer before it
    /// has read the request.
    /// </remarks>
    public Socket? Take()
    {
        while (Newest() is (Socket socket, long at))
        {
            if (IsOpen(socket, mayHaveBytes: time.GetElapsedTime(at) < MaxFreshness))
            {
                return socket;
            }

            socket.Dispose();
        }

        return null;
    }

    /// <summary>Closes the sockets that their peers have closed.</summary>
    public void CheckAll()
    {
        List<Socket> closing;
        using (_sync.Enter())
        {
            closing = [.. _sockets.Select(static parked => parked.Socket).Where(static socket => !IsOpen(socket, mayHaveBytes: true))];
            _sockets.RemoveAll(parked => closing.Contains(parked.Socket));
            _count = _sockets.Count;
        }

        closing.ForEach(static socket => socket.Dispose());
    }

    /// <summary>Closes all parked sockets and every later one.</summary>
    public void Seal() => CloseAll(andSeal: true);

    private (Socket Socket, long At)? Newest()
    {
        using (_sync.Enter())
        {
            if (_sockets.Count == 0)
            {
                return null;
            }

            (Socket Socket, long At) newest = _sockets[^1];
            _sockets.RemoveAt(_sockets.Count - 1);
            _count = _sockets.Count;
            return newest;
        }
    }

    // Only an HTTP/2 server may speak first: its settings. Otherwise a readable socket is closed by the peer, or holds bytes that no
    // request asked for.
    private static bool IsOpen(Socket socket, bool mayHaveBytes)
    {
        try
        {
            return !socket.Poll(0, SelectMode.SelectRead) || (socket.Available > 0 && (mayHaveBytes || BeginsWithSettings(socket)));
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // The first byte of a frame is the highest byte of its length: 0. Neither text nor a TLS record begins with 0.
    private static bool BeginsWithSettings(Socket socket)
    {
        Span<byte> first = stackalloc byte[1];
        return socket.Receive(first, SocketFlags.Peek) == 1 && first[0] == 0;
    }

    private void StartExpiry_NeedsLock()
    {
        _sync.AssertHeld();
        if (_expiry is null)
        {
            _expiry = Background.CreateTimer(
                time, "the expiry of parked sockets", NullLogger.Instance, this, static sockets => sockets.CloseAll(andSeal: false),
                Lifetime, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _expiry.Change(Lifetime, Timeout.InfiniteTimeSpan);
        }
    }

    private void CloseAll(bool andSeal)
    {
        Socket[] closing;
        using (_sync.Enter())
        {
            closing = [.. _sockets.Select(static parked => parked.Socket)];
            _sockets.Clear();
            _count = 0;
            _sealed |= andSeal;
            _expiry?.Dispose();
            _expiry = null;
        }

        foreach (Socket socket in closing)
        {
            socket.Dispose();
        }
    }
}
