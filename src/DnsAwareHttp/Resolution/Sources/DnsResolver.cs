using System.Net.Sockets;
using DnsAwareHttp.Resolution.Wire;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Asks name servers, as a stub resolver does (RFC 1034 section 5.3.1), with the search list and without a cache.</summary>
internal sealed class DnsResolver : IFamilyResolver, IQuestionResolver, INameChanges, IAsyncDisposable
{
    private readonly DnsSettingsFile _settings;
    private readonly TlsExchange _tls;
    private readonly DnsLookup _lookup;

    public DnsResolver(DnsSettingsFile settings, IDnsExchange udp, IDnsExchange tcp, TimeProvider timeProvider, TlsExchange? tls = null)
    {
        _settings = settings;
        _tls = tls ?? new TlsExchange(timeProvider);
        _lookup = new DnsLookup(new HedgedQuery(new ServerQuery(udp, tcp, _tls), timeProvider), timeProvider);
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
        (await AskAsync(question, cancellationToken).ConfigureAwait(false)).Answer;

    public IDisposable Watch(Action<IReadOnlySet<string>?> changed) => _settings.Watch(changed);

    /// <summary>As <see cref="ResolveAsync(Question, CancellationToken)"/>, and whether a server could be asked.</summary>
    public async ValueTask<DnsOutcome> AskAsync(Question question, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        DnsSettings current = _settings.Current;
        NameProblem problem = DnsMessageWriter.ProblemOf(question.Name);
        return problem != NameProblem.None ? NotAskable(question.Name, problem)
            : current.Servers.IsEmpty ? new DnsOutcome(new Answer.Failed("no name server is known"), WasAsked: false)
            : await SearchAsync(question, current, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes connections that are kept open.</summary>
    public void Stop() => _tls.Stop();

    public ValueTask DisposeAsync() => _tls.DisposeAsync();

    private static DnsOutcome NotAskable(string host, NameProblem problem) =>
        new(
            new Answer.Failed($"'{host}' cannot be asked for ({problem})", new SocketException((int)SocketError.HostNotFound)),
            WasAsked: true);

    // As in glibc, a failure does not end the search. If no name is found, the failure is the outcome: the name that failed may exist.
    private async Task<DnsOutcome> SearchAsync(Question question, DnsSettings current, CancellationToken cancellationToken)
    {
        Answer.Empty? none = null;
        DnsOutcome? failed = null;
        foreach (string name in current.CandidatesFor(question.Name))
        {
            DnsOutcome outcome = await _lookup.AskAsync(name, question.Kind, current, cancellationToken).ConfigureAwait(false);
            switch (outcome.Answer)
            {
                case Answer.Empty empty:
                    none = none is null ? empty : Less(none, empty);
                    break;
                case Answer.Failed when outcome.WasAsked:
                    failed ??= outcome;
                    break;
                default:
                    return outcome;
            }
        }

        none ??= new Answer.Empty(EmptyReason.NxDomain, DnsMessageReader.DefaultNegativeTtl);
        return failed ?? new DnsOutcome(none, WasAsked: true);
    }

    // NODATA says that one of the names exists. That is more than NXDOMAIN.
    private static Answer.Empty Less(Answer.Empty one, Answer.Empty other)
    {
        bool exists = one.Reason == EmptyReason.NoData || other.Reason == EmptyReason.NoData;
        TimeSpan ttl = one.NegativeTtl < other.NegativeTtl ? one.NegativeTtl : other.NegativeTtl;
        return new Answer.Empty(exists ? EmptyReason.NoData : EmptyReason.NxDomain, ttl);
    }
}
