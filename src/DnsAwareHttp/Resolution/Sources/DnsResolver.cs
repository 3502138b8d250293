using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution.Wire;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>
/// Asks name servers, as a stub resolver does (RFC 1034 section 5.3.1): with retries, search list and aliases, without a cache.
/// </summary>
internal sealed class DnsResolver : IFamilyResolver, IServiceResolver, INameChanges, IAsyncDisposable
{
    private readonly DnsSettingsFile _settings;
    private readonly TlsExchange _tls;
    private readonly ServerRace _servers;
    private readonly TimeProvider _timeProvider;

    public DnsResolver(DnsSettingsFile settings, IDnsExchange udp, IDnsExchange tcp, TimeProvider timeProvider, TlsExchange? tls = null)
    {
        _settings = settings;
        _tls = tls ?? new TlsExchange(timeProvider);
        _servers = new ServerRace(new ServerDialogue(udp, tcp, _tls), timeProvider);
        _timeProvider = timeProvider;
    }

    /// <exception cref="FormatException">A name server is no address.</exception>
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

    public async ValueTask<Answer> ResolveAsync(string host, AddressFamily family, CancellationToken cancellationToken) =>
        (await AskAsync(host, family, cancellationToken).ConfigureAwait(false)).Answer;

    public async ValueTask<Answer> ResolveServiceAsync(string service, CancellationToken cancellationToken) =>
        (await AskAsync(service, (name, current) => AskFamilyAsync(name, DnsRecordType.Srv, current, cancellationToken), cancellationToken).ConfigureAwait(false)).Answer;

    public IDisposable Watch(Action<IReadOnlySet<string>?> changed) => _settings.Watch(changed);

    /// <summary>
    /// As <see cref="ResolveAsync(string, AddressFamily, CancellationToken)"/>, and whether there was a server and a socket to ask it.
    /// </summary>
    public ValueTask<DnsOutcome> AskAsync(string host, AddressFamily family, CancellationToken cancellationToken) =>
        AskAsync(host, (name, current) => AskFamiliesAsync(name, family, current, cancellationToken), cancellationToken);

    private async ValueTask<DnsOutcome> AskAsync(string host, Func<string, DnsSettings, Task<DnsOutcome>> ask, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        DnsSettings current = _settings.Current;
        NameProblem problem = DnsMessageWriter.ProblemOf(host);
        return problem != NameProblem.None ? new DnsOutcome(new Answer.Failed($"'{host}' cannot be asked for ({problem})", new SocketException((int)SocketError.HostNotFound)), WasAsked: true)
            : current.Servers.IsEmpty ? new DnsOutcome(new Answer.Failed("no name server is known"), WasAsked: false)
            : await SearchAsync(host, current, ask).ConfigureAwait(false);
    }

    /// <summary>Closes connections that are kept open.</summary>
    public void Stop() => _tls.Stop();

    public ValueTask DisposeAsync() => _tls.DisposeAsync();

    // As in glibc, a failure does not end the search; it is what is told in the end if no name is found, for the name that failed may exist.
    private static async Task<DnsOutcome> SearchAsync(string host, DnsSettings current, Func<string, DnsSettings, Task<DnsOutcome>> ask)
    {
        Answer.Empty? none = null;
        DnsOutcome? failed = null;
        foreach (string name in current.CandidatesFor(host))
        {
            DnsOutcome outcome = await ask(name, current).ConfigureAwait(false);
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

        return failed ?? new DnsOutcome(none ?? new Answer.Empty(EmptyReason.NxDomain, DnsMessageReader.DefaultNegativeTtl), WasAsked: true);
    }

    // One of the names exists, if only without addresses: that is more than NXDOMAIN.
    private static Answer.Empty Less(Answer.Empty one, Answer.Empty other)
    {
        bool exists = one.Reason == EmptyReason.NoData || other.Reason == EmptyReason.NoData;
        return new Answer.Empty(exists ? EmptyReason.NoData : EmptyReason.NxDomain, Smaller(one.NegativeTtl, other.NegativeTtl));
    }

    private async Task<DnsOutcome> AskFamiliesAsync(
        string name, AddressFamily family, DnsSettings current, CancellationToken cancellationToken)
    {
        if (current.WithoutAaaa)
        {
            if (family == AddressFamily.InterNetworkV6)
            {
                return new DnsOutcome(new Answer.Empty(EmptyReason.NoData, DnsMessageReader.DefaultNegativeTtl), WasAsked: true);
            }

            family = AddressFamily.InterNetwork;
        }

        if (family != AddressFamily.Unspecified)
        {
            return OfFamily(family, await AskFamilyAsync(name, TypeOf(family), current, cancellationToken).ConfigureAwait(false));
        }

        using CancellationTokenSource patience = new(Timeout.InfiniteTimeSpan, _timeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        Task<DnsOutcome> v4 = AskHalfAsync(name, DnsRecordType.A, current, either.Token, cancellationToken);
        if (current.OneByOne)
        {
            LimitOther(await Task.WhenAny(v4).ConfigureAwait(false));
        }

        Task<DnsOutcome> v6 = AskHalfAsync(name, DnsRecordType.Aaaa, current, either.Token, cancellationToken);
        LimitOther(await Task.WhenAny(v4, v6).ConfigureAwait(false));
        DnsOutcome[] halves = await Task.WhenAll(v4, v6).ConfigureAwait(false);
        return Merge(halves[0], halves[1]);

        // Some networks drop the questions for one type. Retrying them must not use up the time of a name whose other half is known.
        void LimitOther(Task<DnsOutcome> half)
        {
            if (half is { IsCompletedSuccessfully: true, Result.Answer: Answer.Found })
            {
                patience.CancelAfter(current.Timeout);
            }
        }
    }

    private async Task<DnsOutcome> AskHalfAsync(
        string name, DnsRecordType type, DnsSettings current, CancellationToken either, CancellationToken cancellationToken)
    {
        try
        {
            return await AskFamilyAsync(name, type, current, either).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            string reason = $"no server answered for type {type.ToString().ToUpperInvariant()} in time";
            return new DnsOutcome(new Answer.Failed(reason), WasAsked: true);
        }
    }

    private static DnsOutcome Merge(DnsOutcome v4, DnsOutcome v6)
    {
        Answer merged = AnswerMerge.Merge(v4.Answer, v6.Answer);
        return new DnsOutcome(merged, merged is not Answer.Failed || (v4.WasAsked && v6.WasAsked));
    }

    private static DnsRecordType TypeOf(AddressFamily family) =>
        family == AddressFamily.InterNetworkV6 ? DnsRecordType.Aaaa : DnsRecordType.A;

    // An IPv4-mapped address in a AAAA record is an IPv4 address, and those were not asked for.
    private static DnsOutcome OfFamily(AddressFamily family, DnsOutcome outcome)
    {
        if (outcome.Answer is not Answer.Found found)
        {
            return outcome;
        }

        ImmutableArray<IPAddress> addresses = [.. AnswerMerge.Distinct(found.Addresses).Where(address => address.AddressFamily == family)];
        Answer answer = addresses.IsEmpty ? new Answer.Empty(EmptyReason.NoData, found.Ttl) : found with { Addresses = addresses };
        return outcome with { Answer = answer };
    }

    /// <summary>Asks for one type, and again for the name that an alias leads to when the servers leave that to us.</summary>
    private async Task<DnsOutcome> AskFamilyAsync(string name, DnsRecordType type, DnsSettings current, CancellationToken cancellationToken)
    {
        DnsQuery query = new(name, type);
        TimeSpan ttl = TimeSpan.MaxValue;
        while (true)
        {
            (NameServer server, DnsReply reply) = await _servers.AskAsync(query, current, cancellationToken).ConfigureAwait(false);
            switch (reply)
            {
                case DnsReply.Records records:
                    return new DnsOutcome(new Answer.Found(records.Addresses, Smaller(ttl, records.Ttl)) { Targets = records.Targets }, WasAsked: true);
                case DnsReply.None none:
                    return new DnsOutcome(new Answer.Empty(none.Reason, Smaller(ttl, none.NegativeTtl)), WasAsked: true);
                case DnsReply.Elsewhere elsewhere when elsewhere.Links <= query.LinksLeft:
                    ttl = Smaller(ttl, elsewhere.Ttl);
                    query = query with { Host = elsewhere.Target, LinksLeft = query.LinksLeft - elsewhere.Links };
                    break;
                default:
                    return new DnsOutcome(FailureOf(server, reply), WasAsked: reply is not DnsReply.NoSocket);
            }
        }
    }

    private static Answer.Failed FailureOf(NameServer server, DnsReply reply) => reply switch
    {
        DnsReply.Refusal refusal => new Answer.Failed($"name server {server} answered {refusal.Code.ToString().ToUpperInvariant()}"),
        DnsReply.Malformed malformed => new Answer.Failed($"name server {server} sent a malformed answer: {malformed.Problem}"),
        DnsReply.Silence silence => new Answer.Failed($"name server {server}: {silence.Problem}", silence.Exception),
        DnsReply.NoSocket none => new Answer.Failed($"name server {server} cannot be asked: {none.Exception.Message}", none.Exception),
        DnsReply.Elsewhere => new Answer.Failed($"the chain of aliases has more than {DnsQuery.MostLinks} links, or is a loop"),
        _ => new Answer.Failed($"name server {server} sent only a part of its answer"),
    };

    private static TimeSpan Smaller(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
