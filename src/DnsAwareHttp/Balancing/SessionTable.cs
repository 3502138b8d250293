using System.Collections.Concurrent;
using System.Net;

namespace DnsAwareHttp.Balancing;

/// <summary>The address that each session is on. Bounded: sessions that were used longest ago are forgotten.</summary>
internal sealed class SessionTable
{
    private readonly ConcurrentDictionary<(Origin Origin, string Key), Session> _sessions = new();
    private long _uses;
    private int _count;
    private int _isTrimming;

    public int Count => Volatile.Read(ref _count);

    /// <summary>The address of a session; null for no session of this key.</summary>
    public IPEndPoint? Find(Origin origin, string key)
    {
        if (!_sessions.TryGetValue((origin, key), out Session? session))
        {
            return null;
        }

        Volatile.Write(ref session.LastUse, Interlocked.Increment(ref _uses));
        return session.Address;
    }

    /// <summary>Begins a session at an address, unless it has begun.</summary>
    /// <param name="origin">The origin.</param>
    /// <param name="key">The session.</param>
    /// <param name="address">The address where it begins.</param>
    /// <param name="max">Beyond this number, sessions are forgotten.</param>
    /// <returns>The address that the session is on.</returns>
    public IPEndPoint Begin(Origin origin, string key, IPEndPoint address, int max)
    {
        Session made = new(address) { LastUse = Interlocked.Increment(ref _uses) };
        Session session = _sessions.GetOrAdd((origin, key), made);
        if (session == made && Interlocked.Increment(ref _count) > max)
        {
            Trim(max);
        }

        return session.Address;
    }

    /// <summary>Moves a session, if it is still where the caller saw it.</summary>
    public void Move(Origin origin, string key, IPEndPoint from, IPEndPoint to)
    {
        if (_sessions.TryGetValue((origin, key), out Session? session))
        {
            IPEndPoint seen = session.Address;
            if (seen.Equals(from))
            {
                Interlocked.CompareExchange(ref session.Address, to, seen);
            }
        }
    }

    // A tenth goes at once, so that a full table does not sort itself for each new session.
    private void Trim(int max)
    {
        if (Interlocked.Exchange(ref _isTrimming, 1) == 1)
        {
            return;
        }

        foreach (KeyValuePair<(Origin Origin, string Key), Session> oldest in _sessions.ToArray()
            .Select(entry => (Entry: entry, LastUse: Volatile.Read(ref entry.Value.LastUse))).OrderBy(pair => pair.LastUse)
            .Select(pair => pair.Entry).Take(Count - max + (max / 10)))
        {
            if (_sessions.TryRemove(oldest))
            {
                Interlocked.Decrement(ref _count);
            }
        }

        Volatile.Write(ref _isTrimming, 0);
    }

    private sealed class Session(IPEndPoint address)
    {
        public IPEndPoint Address = address;
        public long LastUse;
    }
}
