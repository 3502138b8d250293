using System.Collections.Immutable;
using DnsAwareHttp.Concurrency;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The queries of one question: to one server after the other, and beside each server that is late.</summary>
/// <remarks>
/// Records count at once. A "no" counts when each server that is preferred to the one that says it has answered or failed.
/// </remarks>
/// <param name="order">The servers, in the order in which they are asked.</param>
/// <param name="current">How to ask. Its order of the servers is that of preference, unless they take turns.</param>
/// <param name="rotation">Learns which servers answer.</param>
/// <param name="ask">Asks one server, until the token ends it.</param>
/// <param name="door">Gives each query its place.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class ServerRun(
    ImmutableArray<NameServer> order, DnsSettings current, ServerRotation rotation, Func<NameServer, CancellationToken, Task<DnsReply>> ask,
    HedgedQuery.Door door, TimeProvider timeProvider)
{
    /// <summary>A server that has not answered after this time is late.</summary>
    public static readonly TimeSpan LateAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>The time that all queries together have.</summary>
    public static readonly TimeSpan Share = TimeSpan.FromSeconds(4.5);

    private readonly List<Query> _open = new(2);
    private readonly Dictionary<NameServer, DnsReply> _failures = [];
    private ServerReply? _found;
    private ServerReply? _no;
    private ServerReply? _last;
    private int _turn;
    private NetworkDeadline? _share;
    private long? _refusedAt;

    private ImmutableArray<NameServer> Preference => current.Rotate ? order : current.Servers;

    private int Turns => order.Length * current.Attempts;

    // The last pass begins in time, also where the timeout of a query is longer than the share.
    private TimeSpan Pace => Share / current.Attempts;

    /// <summary>Begins with a question that the first server was asked before.</summary>
    public void GoOn(OpenedQuestion opened, Func<CancellationToken, Task<DnsReply>> finish, CancellationToken cancellationToken)
    {
        _turn = 1;
        _share = Deadline(Left(opened.SentAt, Share), cancellationToken);
        _open.Add(new Query(opened.Server, opened.SentAt, finish(_share.Token), opened.Place!));
    }

    public async Task<ServerReply> FirstReplyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Decided() is ServerReply reply)
            {
                NoteLateServers();
                return reply;
            }

            bool asked = Next() is NameServer next
                && TimeUntil(next) == TimeSpan.Zero
                && await TryAskAsync(next, cancellationToken).ConfigureAwait(false);
            if (!asked)
            {
                await WaitAsync().ConfigureAwait(false);
                await TakeRepliesAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Ends the queries that are still open, awaits that, and gives back their places.</summary>
    public async Task EndAsync()
    {
        if (_open.Count > 0)
        {
            _share!.End();
        }

        _share?.Dispose();
        foreach (Query query in _open)
        {
            // Its socket is closed when its task is over.
            await ((Task)query.Reply).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            query.Place.Dispose();
        }
    }

    private ServerReply? Decided()
    {
        bool isOver = (_open.Count == 0 && Next() is null) || _share is { Token.IsCancellationRequested: true };
        return _found
            ?? (_no is not null && (isOver || Earlier(_no.Server).All(_failures.ContainsKey)) ? Doubted(_no) : null)
            ?? (isOver ? _last ?? new ServerReply(order[0], new DnsReply.Silence($"no answer within {Share.TotalSeconds:0.###} s")) : null);
    }

    /// <summary>The servers that are preferred to this one, without the dead ones.</summary>
    private IEnumerable<NameServer> Earlier(NameServer server) =>
        Preference.Take(Preference.IndexOf(server)).Where(earlier => _failures.ContainsKey(earlier) || rotation.IsAlive(earlier));

    // A server that refuses leaves the answer to the others. One that fails may know the name.
    private ServerReply Doubted(ServerReply no) => no with
    {
        Missing = Earlier(no.Server).FirstOrDefault(earlier => rotation.IsAlive(earlier) && MayKnow(_failures.GetValueOrDefault(earlier))),
    };

    private static bool MayKnow(DnsReply? failure) =>
        failure is null or DnsReply.Silence or DnsReply.Malformed or DnsReply.Refusal { Code: DnsResponseCode.ServFail };

    private NameServer? Next() =>
        _no is not null ? Earlier(_no.Server).FirstOrDefault(earlier => !_failures.ContainsKey(earlier) && !IsOpen(earlier))
        : _turn < Turns ? order[_turn % order.Length]
        : null;

    private bool IsOpen(NameServer server) => _open.Exists(query => query.Server.Equals(server));

    /// <summary>How long until the next server is asked, unless a reply comes first.</summary>
    private TimeSpan TimeUntil(NameServer next)
    {
        if (_open.Count == 0 || _no is not null)
        {
            return TimeSpan.Zero;
        }

        TimeSpan wait =
            !IsOpen(next) ? Left(_open[^1].SentAt, LateAfter)
            : Pace < current.Timeout ? Left(_open.FindLast(query => query.Server.Equals(next))!.SentAt, Pace)
            : TimeSpan.MaxValue;
        TimeSpan refused = _refusedAt is long at ? Left(at, QuestionPlaces.FreshFor) : TimeSpan.Zero;
        return wait > refused ? wait : refused;
    }

    private async Task<bool> TryAskAsync(NameServer server, CancellationToken cancellationToken)
    {
        // While this one waits for a place, nothing looks at the age of the others.
        _open.ForEach(static earlier => earlier.Place.GrowOld());

        // A second query at the same time is a luxury: it waits for no place.
        QuestionPlaces.Place? place = _open.Count == 0 || _no is not null
            ? await door.EnterAsync(server, cancellationToken).ConfigureAwait(false)
            : door.TryEnter(server);
        if (place is null)
        {
            _refusedAt = timeProvider.GetTimestamp();
            return false;
        }

        _turn += _no is null ? 1 : 0;
        long now = timeProvider.GetTimestamp();
        _share ??= Deadline(Share, cancellationToken);
        Query query = new(server, now, ask(server, _share.Token), place);
        _open.Add(query);
        return true;
    }

    // A question costs no timer of its own for that: the wait for its reply ends in time.
    private TimeSpan UntilOneGrowsOld()
    {
        TimeSpan least = Share;
        foreach (Query query in _open)
        {
            TimeSpan left = Left(query.SentAt, QuestionPlaces.FreshFor);
            if (left == TimeSpan.Zero)
            {
                query.Place.GrowOld();
            }
            else if (left < least)
            {
                least = left;
            }
        }

        return least;
    }

    private async Task WaitAsync()
    {
        Task any = _open.Count == 1 ? _open[0].Reply : Task.WhenAny(_open.Select(static query => query.Reply));
        TimeSpan next = Next() is NameServer server ? TimeUntil(server) : Share;
        TimeSpan old = UntilOneGrowsOld();
        next = old < next ? old : next;
        if (any.IsCompleted)
        {
            return;
        }

        await any.WaitAsync(next < Share ? next : Timeout.InfiniteTimeSpan, timeProvider, _share!.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task TakeRepliesAsync()
    {
        foreach (Query query in _open.FindAll(static query => query.Reply is { IsCompleted: true, IsCanceled: false }))
        {
            ServerReply reply = new(query.Server, await query.Reply.ConfigureAwait(false));
            _open.Remove(query);
            query.Place.Dispose();
            Take(reply, query.SentAt);
        }
    }

    private void Take(ServerReply reply, long sentAt)
    {
        if (reply.Reply is DnsReply.Silence)
        {
            rotation.OnLate(reply.Server, sentAt, isSilent: true);
        }
        else if (reply.Reply is not DnsReply.NoSocket)
        {
            rotation.OnHeard(reply.Server);
        }

        if (reply.IsFound)
        {
            _found ??= reply;
        }
        else if (reply.Reply is DnsReply.None)
        {
            _no = _no is null || Preference.IndexOf(reply.Server) < Preference.IndexOf(_no.Server) ? reply : _no;
        }
        else
        {
            _failures[reply.Server] = reply.Reply;
            _last = reply.Or(_last);
        }
    }

    private void NoteLateServers()
    {
        foreach (Query query in _open.Where(query => Left(query.SentAt, LateAfter) == TimeSpan.Zero))
        {
            rotation.OnLate(query.Server, query.SentAt, isSilent: false);
        }
    }

    private NetworkDeadline Deadline(TimeSpan time, CancellationToken cancellationToken) => new(time, timeProvider, cancellationToken);

    private TimeSpan Left(long since, TimeSpan of)
    {
        TimeSpan left = of - timeProvider.GetElapsedTime(since);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private sealed record Query(NameServer Server, long SentAt, Task<DnsReply> Reply, QuestionPlaces.Place Place);
}
