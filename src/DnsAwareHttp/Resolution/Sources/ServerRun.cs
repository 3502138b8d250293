using System.Collections.Immutable;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The queries of one question to several servers: two at a time at most.</summary>
/// <param name="servers">Two or more, in the order in which they are asked.</param>
/// <param name="turns">The number of queries at most.</param>
/// <param name="ask">Asks one server.</param>
/// <param name="places">A second query at the same time takes a place, if there is one. The question holds the place of the first.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class ServerRun(
    ImmutableArray<NameServer> servers, int turns, Func<NameServer, Task<DnsReply>> ask, SemaphoreSlim places, TimeProvider timeProvider)
{
    /// <summary>A server that has not answered after this time is late.</summary>
    public static readonly TimeSpan LateAfter = TimeSpan.FromMilliseconds(500);

    private readonly List<Query> _open = new(2);
    private ServerReply? _last;
    private int _turn;

    private NameServer Next => servers[_turn % servers.Length];

    public async Task<ServerReply> FirstReplyAsync()
    {
        while (_turn < turns || _open.Count > 0)
        {
            if (_open.Count == 0 || await MayAddQueryAsync().ConfigureAwait(false))
            {
                AskNext();
                continue;
            }

            await Task.WhenAny(_open.Select(static query => query.Reply)).ConfigureAwait(false);
            if (await TakeRepliesAsync().ConfigureAwait(false) is ServerReply conclusive)
            {
                return conclusive;
            }
        }

        return _last!;
    }

    /// <summary>Awaits the queries that are still open, which the caller cancelled, and gives back their place.</summary>
    public async Task EndAsync()
    {
        foreach (Query query in _open.ToArray())
        {
            // Its socket is closed when its task is over.
            await ((Task)query.Reply).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Leave(query);
        }
    }

    private void AskNext()
    {
        NameServer server = Next;
        _turn++;
        _open.Add(new Query(server, timeProvider.GetTimestamp(), ask(server)));
    }

    private async Task<bool> MayAddQueryAsync() =>
        _turn < turns && await NeedsCompanyAsync(_open[0]).ConfigureAwait(false) && places.Wait(0, CancellationToken.None);

    /// <summary>Whether the only server that was asked is late, now or after a while, and the next server is another.</summary>
    private async Task<bool> NeedsCompanyAsync(Query first)
    {
        if (_open.Count > 1 || first.Server == Next)
        {
            return false;
        }

        TimeSpan rest = LateAfter - timeProvider.GetElapsedTime(first.SentAt);
        if (!first.Reply.IsCompleted && rest > TimeSpan.Zero)
        {
            Task reply = first.Reply;
            await reply.WaitAsync(rest, timeProvider, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return !first.Reply.IsCompleted;
    }

    private async Task<ServerReply?> TakeRepliesAsync()
    {
        foreach (Query query in _open.FindAll(static query => query.Reply.IsCompleted))
        {
            _last = new ServerReply(query.Server, await query.Reply.ConfigureAwait(false)).Or(_last);
            if (_last.IsConclusive)
            {
                return _last;
            }

            Leave(query);
        }

        return null;
    }

    private void Leave(Query query)
    {
        _open.Remove(query);
        if (_open.Count == 1)
        {
            places.Release();
        }
    }

    private sealed record Query(NameServer Server, long SentAt, Task<DnsReply> Reply);
}
