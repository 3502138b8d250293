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

    /// <summary>Whether <see cref="TryOpen"/> has a chance.</summary>
    public bool CanOpen(DnsSettings current) => server.CanOpen(current.Servers[0], current);

    /// <summary>Begins a question to the first server, if it may be asked by UDP.</summary>
    public bool TryOpen(OpenedQuestion question, DnsQuery query, DnsSettings current)
    {
        ImmutableArray<NameServer> order = _rotation.Order(current.Servers, current.Rotate);
        if (!server.CanOpen(order[0], current))
        {
            return false;
        }

        question.Begin(this, PlacesOf(order[0]), order, query);
        return true;
    }

    /// <summary>Sends an opened question.</summary>
    public ValueTask<DnsReply> OpenAsync(OpenedQuestion question) =>
        server.OpenAsync(question.Server, question.Query!, question.Token);

    /// <summary>Whether the reply to an opened question counts without a look at any other server.</summary>
    public bool IsPlain(OpenedQuestion question, DnsSettings current) => question.Reply switch
    {
        DnsReply.Records => true,
        DnsReply.None none => (current.Rotate || question.Server == current.Servers[0]) && !server.MayLack(question.Server, none),
        _ => false,
    };

    /// <summary>Notes that an opened question had a plain reply.</summary>
    public void OnPlainReply(OpenedQuestion question)
    {
        _rotation.OnHeard(question.Server);
        server.OnHeard(question.Server, question.Reply!);
    }

    /// <inheritdoc cref="AskAsync(DnsQuery, DnsSettings, OpenedQuestion?, CancellationToken)"/>
    public Task<ServerReply> AskAsync(DnsQuery query, DnsSettings current, CancellationToken cancellationToken) =>
        AskAsync(query, current, opened: null, cancellationToken);

    /// <summary>The reply that counts, of all servers; else the last other reply.</summary>
    /// <remarks>A reply of a server is preferred to an error of this system.</remarks>
    /// <param name="query">The question.</param>
    /// <param name="current">How to ask.</param>
    /// <param name="opened">The same question, where it is under way; null if it is not.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    public async Task<ServerReply> AskAsync(
        DnsQuery query, DnsSettings current, OpenedQuestion? opened, CancellationToken cancellationToken)
    {
        ImmutableArray<NameServer> order = opened?.Order ?? _rotation.Order(current.Servers, current.Rotate);
        ServerRun run = new(
            order,
            current,
            _rotation,
            (next, ended) => server.AskAsync(next, query, current, ended),
            new Door(this, query),
            timeProvider);
        if (opened is not null)
        {
            run.GoOn(opened, ended => server.FinishAsync(opened, current, ended), cancellationToken);
        }

        try
        {
            return await run.FirstReplyAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await run.EndAsync().ConfigureAwait(false);
        }
    }

    private QuestionPlaces PlacesOf(NameServer next) => _places.GetOrAdd(next, static _ => new QuestionPlaces());

    /// <summary>Gives a question its places.</summary>
    internal sealed class Door(HedgedQuery owner, DnsQuery query)
    {
        public ValueTask<QuestionPlaces.Place> EnterAsync(NameServer next, CancellationToken cancellationToken) =>
            owner.PlacesOf(next).EnterAsync(query.Host, query.IsKnown, cancellationToken);

        public QuestionPlaces.Place? TryEnter(NameServer next) => owner.PlacesOf(next).TryEnter(query.Host, query.IsKnown);
    }
}
