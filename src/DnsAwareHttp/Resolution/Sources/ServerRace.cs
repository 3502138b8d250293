using System.Collections.Immutable;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Asks the servers one question: one after the other, and the next one beside one that is late, until one of them says something.</summary>
internal sealed class ServerRace(ServerDialogue dialogue, TimeProvider timeProvider)
{
    /// <summary>A server that has not answered for so long is late.</summary>
    public static readonly TimeSpan LateAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>So many servers are being asked at a time, for all questions together. Further questions wait in their order.</summary>
    /// <remarks>The usual receive buffer of a server on Linux (208 KB) has room for 277 questions, or fewer while it is busy; what comes beyond is lost and costs a timeout.</remarks>
    public const int MostAtOnce = 128;

    private readonly ServerRing _ring = new();
    private readonly SemaphoreSlim _places = new(MostAtOnce, MostAtOnce);

    /// <summary>The first reply that says something; else the last of the others, a server's before our own system's.</summary>
    public async Task<ServerReply> AskAsync(DnsQuery query, DnsSettings current, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ImmutableArray<NameServer> servers = _ring.Order(current.Servers, current.Rotate);
            ServerReply reply = servers.Length == 1
                ? await AskAloneAsync(servers[0], query, current, cancellationToken).ConfigureAwait(false)
                : await AskManyAsync(servers, query, current, cancellationToken).ConfigureAwait(false);
            if (reply.SaysSomething)
            {
                _ring.Answered(reply.Server);
            }

            return reply;
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task<ServerReply> AskAloneAsync(NameServer server, DnsQuery query, DnsSettings current, CancellationToken cancellationToken)
    {
        ServerReply? last = null;
        for (int turn = 0; turn < current.Attempts && last is not { SaysSomething: true }; turn++)
        {
            last = Better(last, new ServerReply(server, await dialogue.AskAsync(server, query, current, cancellationToken).ConfigureAwait(false)));
        }

        return last!;
    }

    private async Task<ServerReply> AskManyAsync(ImmutableArray<NameServer> servers, DnsQuery query, DnsSettings current, CancellationToken cancellationToken)
    {
        using CancellationTokenSource losers = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Asked> asked = new(2);
        ServerReply? last = null;
        int turn = 0;
        int turns = servers.Length * current.Attempts;
        try
        {
            while (turn < turns || asked.Count > 0)
            {
                if (asked.Count == 0 || (turn < turns && await NeedsCompanyAsync(asked, NextServer()).ConfigureAwait(false) && _places.Wait(0, CancellationToken.None)))
                {
                    NameServer server = NextServer();
                    turn++;
                    asked.Add(new Asked(server, timeProvider.GetTimestamp(), dialogue.AskAsync(server, query, current, losers.Token)));
                    continue;
                }

                await Task.WhenAny(asked.Select(static one => one.Reply)).ConfigureAwait(false);
                foreach (Asked ended in asked.FindAll(static one => one.Reply.IsCompleted))
                {
                    last = Better(last, new ServerReply(ended.Server, await ended.Reply.ConfigureAwait(false)));
                    if (last.SaysSomething)
                    {
                        return last;
                    }

                    Leave(ended);
                }
            }

            return last!;
        }
        finally
        {
            await losers.CancelAsync().ConfigureAwait(false);
            foreach (Asked loser in asked.ToArray())
            {
                // Its socket is closed when its task is over.
                await ((Task)loser.Reply).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Leave(loser);
            }
        }

        NameServer NextServer() => servers[turn % servers.Length];

        // The first place is the question's own.
        void Leave(Asked one)
        {
            asked.Remove(one);
            if (asked.Count == 1)
            {
                _places.Release();
            }
        }
    }

    /// <summary>Whether the one server that was asked is late, now or after a while, and the next is another.</summary>
    private async Task<bool> NeedsCompanyAsync(List<Asked> asked, NameServer next)
    {
        if (asked.Count > 1 || asked[0].Server == next)
        {
            return false;
        }

        Task reply = asked[0].Reply;
        TimeSpan rest = LateAfter - timeProvider.GetElapsedTime(asked[0].At);
        if (!reply.IsCompleted && rest > TimeSpan.Zero)
        {
            await reply.WaitAsync(rest, timeProvider, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return !reply.IsCompleted;
    }

    private static ServerReply Better(ServerReply? last, ServerReply next) => last is null || next.Reply is not DnsReply.NoSocket ? next : last;

    private sealed record Asked(NameServer Server, long At, Task<DnsReply> Reply);
}
