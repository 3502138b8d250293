using System.Net.Sockets;
using DnsAwareHttp.Resolution.Wire;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Asks name servers, as a stub resolver does (RFC 1034 section 5.3.1), with the search list and without a cache.</summary>
internal sealed class DnsResolver : IFamilyResolver, IQuestionResolver, INameChanges, IAsyncDisposable
{
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
    public async ValueTask<DnsOutcome> AskAsync(Question question, Answer.Found? known, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        DnsSettings current = _settings.Current;
        NameProblem problem = DnsMessageWriter.ProblemOf(question.Name);
        return problem != NameProblem.None ? NotAskable(question.Name, problem)
            : current.Servers.IsEmpty ? new DnsOutcome(new Answer.Failed("no name server is known"), WasAsked: false) { HasNoServer = true }
            : await SearchAsync(question, known, current, cancellationToken).ConfigureAwait(false);
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

    private async Task<DnsOutcome> SearchAsync(
        Question question, Answer.Found? known, DnsSettings current, CancellationToken cancellationToken)
    {
        string[] names = [.. current.CandidatesFor(question.Name)];
        CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        bool hasRest = false;
        try
        {
            DnsOutcome outcome = await AskNamesAsync(names, question.Kind, known, current, end.Token).ConfigureAwait(false);
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
        string[] names, QuestionKind kind, Answer.Found? known, DnsSettings current, CancellationToken cancellationToken)
    {
        int? index = known is null ? null : Array.IndexOf(names, known.Candidate);
        if (names is [string only])
        {
            DnsOutcome alone = await AskAsync(only, cancellationToken).ConfigureAwait(false);
            return SearchVerdict.Of(names, [alone], index)!.Value;
        }

        return await new CandidateRun(names, index, AskAsync, _timeProvider).FirstAsync(cancellationToken).ConfigureAwait(false);

        Task<DnsOutcome> AskAsync(string name, CancellationToken ended) => _lookup.AskAsync(name, kind, known is not null, current, ended);
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
