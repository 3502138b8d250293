using System.Collections.Concurrent;
using System.Collections.Immutable;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The order in which the servers are asked: that of the settings, where a server in trouble is the last, or in turns.</summary>
/// <remarks>
/// Servers are not equals: the first may know names that the others do not know. A server in trouble gets its place back after a pause,
/// which grows while the trouble lasts.
/// </remarks>
internal sealed class ServerRotation(TimeProvider timeProvider)
{
    /// <summary>The first pause of a server that does not answer.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause.</summary>
    public static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    /// <summary>A server that was silent for this time is dead: no answer of another server waits for it.</summary>
    public static readonly TimeSpan DeadAfter = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<NameServer, State> _states = new();
    private uint _turn = uint.MaxValue;

    public ImmutableArray<NameServer> Order(ImmutableArray<NameServer> servers, bool rotate)
    {
        if (rotate)
        {
            int first = (int)(Interlocked.Increment(ref _turn) % (uint)servers.Length);
            return first == 0 ? servers : [.. servers.AsSpan()[first..], .. servers.AsSpan()[..first]];
        }

        foreach (NameServer server in servers)
        {
            if (IsInTrouble(server))
            {
                return [.. servers.OrderBy(IsInTrouble)];
            }
        }

        return servers;
    }

    /// <summary>Whether the server may know what a later one denies.</summary>
    public bool IsAlive(NameServer server) =>
        !_states.TryGetValue(server, out State? state)
        || state.SilentSince is not long since || timeProvider.GetElapsedTime(since) < DeadAfter;

    /// <summary>The server answered, whatever it said.</summary>
    public void OnHeard(NameServer server)
    {
        long now = timeProvider.GetTimestamp();
        if (_states.TryGetValue(server, out State? state) && state.IsWell)
        {
            state.HeardAt = now;
        }
        else
        {
            _states[server] = new State(now, 0, null) { HeardAt = now };
        }
    }

    /// <summary>The server is late, or did not answer.</summary>
    /// <param name="server">The server.</param>
    /// <param name="askedAt">When it was asked. It is in no trouble if it answered another question since.</param>
    /// <param name="isSilent">Whether it did not answer in its time.</param>
    public void OnLate(NameServer server, long askedAt, bool isSilent)
    {
        long now = timeProvider.GetTimestamp();
        _states.AddOrUpdate(
            server,
            static (_, late) => new State(late.Now, 0, null).After(late),
            static (_, state, late) => state.After(late),
            (Now: now, AskedAt: askedAt, IsSilent: isSilent, Frequency: timeProvider.TimestampFrequency));
    }

    private bool IsInTrouble(NameServer server) =>
        _states.TryGetValue(server, out State? state) && timeProvider.GetTimestamp() < state.AvoidUntil;

    /// <param name="AvoidUntil">Until when other servers are asked before it.</param>
    /// <param name="Pauses">Pauses in a row.</param>
    /// <param name="SilentSince">When it was first silent after its last answer; null: it was not.</param>
    private sealed record State(long AvoidUntil, int Pauses, long? SilentSince)
    {
        private const long Never = long.MinValue;

        private long _heardAt = Never;

        /// <summary>When it last answered.</summary>
        public long HeardAt
        {
            get => Volatile.Read(ref _heardAt);
            set => Volatile.Write(ref _heardAt, value);
        }

        /// <summary>Whether it answered, and was not late since.</summary>
        public bool IsWell => HeardAt != Never && Pauses == 0 && SilentSince is null;

        public State After((long Now, long AskedAt, bool IsSilent, long Frequency) late)
        {
            if (HeardAt > late.AskedAt)
            {
                return this;
            }

            State after = this with { SilentSince = SilentSince ?? (late.IsSilent ? late.Now : null) };
            if (late.Now < AvoidUntil)
            {
                return after;
            }

            double seconds = Math.Min(FirstPause.TotalSeconds * Math.Pow(2, Pauses), MaxPause.TotalSeconds);
            return after with { AvoidUntil = late.Now + (long)(seconds * late.Frequency), Pauses = Pauses + 1 };
        }
    }
}
