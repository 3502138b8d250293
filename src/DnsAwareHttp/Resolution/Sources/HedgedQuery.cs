using System.Collections.Immutable;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Asks servers in turn until a server answers. A server that is late is accompanied by the next.</summary>
internal sealed class HedgedQuery(ServerQuery server, TimeProvider timeProvider)
{
    /// <summary>A server that has not answered after this time is late.</summary>
    public static readonly TimeSpan LateAfter = ServerRun.LateAfter;

    /// <summary>Queries under way at a time, for all questions together. Further questions wait in their order.</summary>
    /// <remarks>
    /// The usual receive buffer of a server on Linux (208 KB) has room for 277 questions, or fewer while it is busy.
    /// Further questions are lost, and each costs a timeout.
    /// </remarks>
    public const int MaxConcurrent = 128;

    private readonly ServerRotation _rotation = new();
    private readonly SemaphoreSlim _places = new(MaxConcurrent, MaxConcurrent);

    /// <summary>The first conclusive reply; else the last other reply.</summary>
    /// <remarks>A reply of a server is preferred to an error of this system.</remarks>
    public async Task<ServerReply> AskAsync(DnsQuery query, DnsSettings current, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ImmutableArray<NameServer> servers = _rotation.Order(current.Servers, current.Rotate);
            ServerReply reply = servers.Length == 1
                ? await AskAloneAsync(servers[0], query, current, cancellationToken).ConfigureAwait(false)
                : await AskManyAsync(servers, query, current, cancellationToken).ConfigureAwait(false);
            if (reply.IsConclusive)
            {
                _rotation.OnAnswer(reply.Server);
            }

            return reply;
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task<ServerReply> AskAloneAsync(NameServer only, DnsQuery query, DnsSettings current, CancellationToken cancellationToken)
    {
        ServerReply? last = null;
        for (int turn = 0; turn < current.Attempts && last is not { IsConclusive: true }; turn++)
        {
            last = new ServerReply(only, await server.AskAsync(only, query, current, cancellationToken).ConfigureAwait(false)).Or(last);
        }

        return last!;
    }

    private async Task<ServerReply> AskManyAsync(
        ImmutableArray<NameServer> servers, DnsQuery query, DnsSettings current, CancellationToken cancellationToken)
    {
        using CancellationTokenSource losers = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ServerRun run = new(
            servers, servers.Length * current.Attempts, next => server.AskAsync(next, query, current, losers.Token), _places, timeProvider);
        try
        {
            return await run.FirstReplyAsync().ConfigureAwait(false);
        }
        finally
        {
            await losers.CancelAsync().ConfigureAwait(false);
            await run.EndAsync().ConfigureAwait(false);
        }
    }
}
