using System.Net.Sockets;
using System.Runtime.CompilerServices;
using DnsAwareHttp.Resolution.Wire;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Asks name servers, as a stub resolver does (RFC 1034 section 5.3.1), with the search list and without a cache.</summary>
internal sealed class DnsResolver : IFamilyResolver, IQuestionResolver, INameChanges, IAsyncDisposable
{
    /// <summary>The source of the answers.</summary>
    public const string Source = "DNS";

    private static readonly DnsOutcome NoServer =
        new(new Answer.Failed("no name server is known"), WasAsked: false) { HasNoServer = true };

    private readonly DnsSettingsFile _settings;
    private readonly TimeProvider _timeProvider;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TlsExchange _tls;
    private readonly DnsLookup _lookup;

    public DnsResolver(DnsSettingsFile settings, IDnsExchange udp, IDnsExchange tcp, TimeProvider timeProvider, TlsExchange? tls = null)
    {
        (_settings, _timeProvider) = (settings, timeProvider);
        _tls = tls ?? new TlsExchange(timeProvider);
        ServerQuery query = new(udp, tcp, _tls, new EdnsMemory(timeProvider), timeProvider);
        _lookup = new DnsLookup(new HedgedQuery(query, timeProvider), timeProvider);
    }

    /// <exception cref="FormatException">The text of a name server is not an address.</exception>
    public DnsResolver(DnsCacheOptions options, TimeProvider timeProvider, ILogger logger)
        : this(
            new DnsSettingsFile(options, timeProvider, logger),
            new UdpExchange(timeProvider),
            new TcpExchange(timeProvider),
            timeProvider)
    {
    }

    public ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken) =>
        ResolveAsync(host, AddressFamily.Unspecified, cancellationToken);

    public ValueTask<Answer> ResolveAsync(string host, AddressFamily family, CancellationToken cancellationToken) =>
        ResolveAsync(Question.ForAddresses(host, family), cancellationToken);

    public async ValueTask<Answer> ResolveAsync(Question question, CancellationToken cancellationToken) =>
        await (await ResolveAsync(question, known: null, cancellationToken).ConfigureAwait(false)).WholeAsync().ConfigureAwait(false);

    public async ValueTask<Answer> ResolveAsync(Question question, Answer.Found? known, CancellationToken cancellationToken) =>
        (await AskAsync(question, known, cancellationToken).ConfigureAwait(false)).Answer;

    public IDisposable Watch(Action<IReadOnlySet<string>?> changed) => _settings.Watch(changed);

    /// <summary>As <see cref="ResolveAsync(Question, Answer.Found?, CancellationToken)"/>, and whether a server could be asked.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<DnsOutcome> AskAsync(Question question, Answer.Found? known, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LookupOpening? opening = Open(question, known, cancellationToken);
        if (opening is null)
        {
            return await AskAsync(question, known, begun: null, cancellationToken).ConfigureAwait(false);
        }

        await opening.Settled.ConfigureAwait(false);
        return Conclude(opening, out BegunLookup? begun) is Answer.Found found
            ? new DnsOutcome(found, WasAsked: true)
            : await AskAsync(question, known, begun, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends the first questions of a lookup; null where it does not begin like that.</summary>
    public LookupOpening? Open(Question question, Answer.Found? known, CancellationToken cancellationToken)
    {
        DnsSettings current = _settings.Current;
        return !current.Servers.IsEmpty
            && DnsMessageWriter.ProblemOf(question.Name) == NameProblem.None
            && current.FirstCandidateFor(question.Name) is string name
                ? _lookup.Open(name, question.Kind, known is not null, current, cancellationToken, _stopping.Token)
                : null;
    }

    /// <summary>The addresses with which nearly each opening ends; null where the lookup goes on.</summary>
    /// <param name="opening">It has settled, and is not used after this.</param>
    /// <param name="begun">The lookup that goes on.</param>
    public Answer.Found? Conclude(LookupOpening opening, out BegunLookup? begun)
    {
        (string name, long sentAt) = (opening.FirstQuery.Host, opening.BeganAt);
        DnsOutcome? outcome = _lookup.Conclude(opening);
        if (outcome is { Answer: Answer.Found found })
        {
            begun = null;
            return found.Under(name, isProvisional: false);
        }

        begun = Begun(opening, outcome, sentAt);
        return null;
    }

    /// <inheritdoc cref="AskAsync(Question, Answer.Found?, CancellationToken)"/>
    /// <param name="question">The question.</param>
    /// <param name="known">The last good answer; null if no address is known.</param>
    /// <param name="begun">The lookup of the first name, where it has begun.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    public ValueTask<DnsOutcome> AskAsync(
        Question question, Answer.Found? known, BegunLookup? begun, CancellationToken cancellationToken)
    {
        DnsSettings current = begun?.Current ?? _settings.Current;
        NameProblem problem = DnsMessageWriter.ProblemOf(question.Name);
        return problem != NameProblem.None ? ValueTask.FromResult(NotAskable(question.Name, problem))
            : current.Servers.IsEmpty ? ValueTask.FromResult(NoServer)
            : new ValueTask<DnsOutcome>(SearchAsync(question, known, current, begun, cancellationToken));
    }

    /// <summary>Closes connections that are kept open, and ends questions.</summary>
    public void Stop()
    {
        _stopping.Cancel();
        _tls.Stop();
    }

    public async ValueTask DisposeAsync()
    {
        Stop();
        await _tls.DisposeAsync().ConfigureAwait(false);
    }

    private static DnsOutcome NotAskable(string host, NameProblem problem) =>
        new(
            new Answer.Failed($"'{host}' cannot be asked for ({problem})", new SocketException((int)SocketError.HostNotFound)),
            WasAsked: true);

    private BegunLookup Begun(LookupOpening opening, DnsOutcome? outcome, long sentAt) => new(
        opening.Current, sentAt, ended => outcome is null ? _lookup.GoOnAsync(opening, ended) : Task.FromResult(outcome.Value));

    private async Task<DnsOutcome> SearchAsync(
        Question question, Answer.Found? known, DnsSettings current, BegunLookup? begun, CancellationToken cancellationToken)
    {
        string[] names = [.. current.CandidatesFor(question.Name)];
        CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        bool hasRest = false;
        try
        {
            DnsOutcome outcome = await AskNamesAsync(names, question.Kind, known, current, begun, end.Token).ConfigureAwait(false);
            hasRest = outcome.Answer is Answer.Found { Rest: not null };
            if (hasRest)
            {
                DisposeAfterAsync(outcome.Answer, end).Forget();
            }

            return outcome;
        }
        finally
        {
            if (!hasRest)
            {
                end.Dispose();
            }
        }
    }

    private async Task<DnsOutcome> AskNamesAsync(
        string[] names, QuestionKind kind, Answer.Found? known, DnsSettings current, BegunLookup? begun,
        CancellationToken cancellationToken)
    {
        int? index = known is null ? null : Array.IndexOf(names, known.Candidate);
        long? sentAt = begun?.SentAt;
        if (names is [string only])
        {
            DnsOutcome alone = await AskAsync(only, cancellationToken).ConfigureAwait(false);
            return SearchVerdict.Of(names, [alone], index)!.Value;
        }

        CandidateRun run = new(names, index, AskAsync, _timeProvider) { FirstSentAt = sentAt };
        return await run.FirstAsync(cancellationToken).ConfigureAwait(false);

        // The first name is the first that is asked for, and its lookup may be under way.
        Task<DnsOutcome> AskAsync(string name, CancellationToken ended)
        {
            (BegunLookup? first, begun) = (begun, null);
            return first is not null ? first.FinishAsync(ended) : _lookup.AskAsync(name, kind, known is not null, current, ended);
        }
    }

    // The rest of an answer is asked for after this has returned, until the cache is disposed.
    private static async Task DisposeAfterAsync(Answer answer, CancellationTokenSource end)
    {
        using (end)
        {
            await answer.WholeAsync().ConfigureAwait(false);
        }
    }
}
