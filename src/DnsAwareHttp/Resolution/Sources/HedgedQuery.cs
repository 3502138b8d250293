using System.Collections.Concurrent;
using System.Collections.Immutable;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Asks servers in turn until a server answers. A server that is late is accompanied by the next.</summary>
internal sealed class HedgedQuery(ServerQuery server, TimeProvider timeProvider)
{
    /// <summary>A server that has not answered after this time is late.</summary>
    public static readonly TimeSpan LateAfter = ServerRun.LateAfter;

    private readonly ServerRotation _rotation = new(timeProvider);
    private readonly ConcurrentDictionary<NameServer, QuestionPlaces> _places = new();

    /// <summary>The reply that counts, of all servers; else the last other reply.</summary>
    /// <remarks>A reply of a server is preferred to an error of this system.</remarks>
    public async Task<ServerReply> AskAsync(DnsQuery query, DnsSettings current, CancellationToken cancellationToken)
    {
        ImmutableArray<NameServer> order = _rotation.Order(current.Servers, current.Rotate);
        ServerRun run = new(
            order,
            current,
            _rotation,
            (next, ended) => server.AskAsync(next, query, current, ended),
            new Door(this, query),
            timeProvider);
        try
        {
            return await run.FirstReplyAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await run.EndAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Gives a question its places.</summary>
    internal sealed class Door(HedgedQuery owner, DnsQuery query)
    {
        public ValueTask<QuestionPlaces.Place> EnterAsync(NameServer next, CancellationToken cancellationToken) =>
            PlacesOf(next).EnterAsync(query.Host, query.IsKnown, cancellationToken);

        public QuestionPlaces.Place? TryEnter(NameServer next) => PlacesOf(next).TryEnter(query.Host, query.IsKnown);

        private QuestionPlaces PlacesOf(NameServer next) => owner._places.GetOrAdd(next, static _ => new QuestionPlaces());
    }
}
