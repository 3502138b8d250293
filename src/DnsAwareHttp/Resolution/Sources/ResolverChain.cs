using System.Collections.Immutable;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Asks the sources in their order.</summary>
/// <remarks>By default these are the hosts file, DNS, and the operating system for names that only it may know.</remarks>
/// <param name="sources">The order.</param>
/// <param name="hosts">The hosts file; null if it is not a source.</param>
/// <param name="dns">The name servers.</param>
/// <param name="system">The operating system's resolver.</param>
/// <param name="nameSwitch">The names that belong to the operating system although DNS is asked; null for no such names.</param>
/// <param name="confirms">Whether the operating system may know a name that DNS does not know, for example from servers of a VPN.</param>
internal sealed class ResolverChain(
    ImmutableArray<NameSource> sources,
    HostsFileResolver? hosts,
    DnsResolver dns,
    IFamilyResolver system,
    NameSwitchFile? nameSwitch,
    bool confirms)
    : IFamilyResolver, IQuestionResolver, INameChanges, IAsyncDisposable
{
    // The hosts file may list the name in a moment.
    private static readonly TimeSpan NotListedTtl = TimeSpan.FromSeconds(1);

    /// <exception cref="FormatException">The text of a name server is not an address.</exception>
    public ResolverChain(DnsCacheOptions options, TimeProvider timeProvider, ILogger logger)
        : this(
            OrderOf(options),
            OrderOf(options).Contains(NameSource.HostsFile)
                ? new HostsFileResolver(options.HostsFilePath, timeProvider, logger)
                : null,
            new DnsResolver(options, timeProvider, logger),
            new SystemResolver(options.SystemResolverTtl),
            new NameSwitchFile(
                options.NsswitchPath ?? NameSwitchFile.SystemPath, timeProvider, logger, isNamed: options.NsswitchPath is not null),
            confirms: OperatingSystem.IsWindows() || OperatingSystem.IsMacOS())
    {
    }

    /// <summary>The sources that the options name, or all three.</summary>
    public static ImmutableArray<NameSource> OrderOf(DnsCacheOptions options)
    {
        ImmutableArray<NameSource> named =
            options.NameSources.Count == 0 ? [NameSource.HostsFile, NameSource.Dns, NameSource.System] : [.. options.NameSources];
        return options.UseHostsFile ? named : named.Remove(NameSource.HostsFile);
    }

    public ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken) =>
        ResolveAsync(host, AddressFamily.Unspecified, cancellationToken);

    public ValueTask<Answer> ResolveAsync(string host, AddressFamily family, CancellationToken cancellationToken) =>
        ResolveAsync(Question.ForAddresses(host, family), cancellationToken);

    public async ValueTask<Answer> ResolveAsync(Question question, CancellationToken cancellationToken) =>
        await (await ResolveAsync(question, known: null, cancellationToken).ConfigureAwait(false)).WholeAsync().ConfigureAwait(false);

    public ValueTask<Answer> ResolveAsync(Question question, Answer.Found? known, CancellationToken cancellationToken) =>
        question.Kind is not QuestionKind.Service ? ResolveAddressesAsync(question, known, cancellationToken)
            : sources.Contains(NameSource.Dns) ? ResolveServiceAsync(question, known, cancellationToken)
            : ValueTask.FromResult<Answer>(new Answer.Failed("SRV records are looked up in DNS, which NameSources leaves out"));

    public IDisposable Watch(Action<IReadOnlySet<string>?> changed)
    {
        IDisposable[] watches =
        [
            hosts?.Watch(changed) ?? WatchEnd.OfNothing,
            dns.Watch(changed),
            nameSwitch?.Watch(changed) ?? WatchEnd.OfNothing,
        ];
        return new WatchEnd(() =>
        {
            foreach (IDisposable watch in watches)
            {
                watch.Dispose();
            }
        });
    }

    /// <summary>Closes connections that are kept open.</summary>
    public void Stop() => dns.Stop();

    public ValueTask DisposeAsync() => dns.DisposeAsync();

    private async ValueTask<Answer> ResolveServiceAsync(Question question, Answer.Found? known, CancellationToken cancellationToken) =>
        (await dns.ResolveAsync(question, known, cancellationToken).ConfigureAwait(false)).From(DnsResolver.Source);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Answer> ResolveAddressesAsync(Question question, Answer.Found? inUse, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        (string host, AddressFamily family) = (question.Name, question.Family);
        if (LocalNames.TryResolveLiteral(host, family, out Answer? literal))
        {
            return literal.From("literal");
        }

        if (LocalNames.TryResolveLocalhost(host, family, out Answer? loopback)
            && (hosts is null || await hosts.FindAsync(host, family, cancellationToken).ConfigureAwait(false) is not Answer.Found))
        {
            return loopback.From("localhost");
        }

        // The shortest way, which nearly each question goes.
        BegunLookup? begun = null;
        if (IsDnsFirst(question) && dns.Open(question, inUse, cancellationToken) is LookupOpening opening)
        {
            await opening.Settled.ConfigureAwait(false);
            if (dns.Conclude(opening, out begun) is Answer.Found found)
            {
                return found.From(DnsResolver.Source);
            }
        }

        return await AskSourcesAsync(question, inUse, begun, cancellationToken).ConfigureAwait(false);
    }

    // Whether DNS is the first source that may know the name, and no disk need be asked to know that.
    private bool IsDnsFirst(Question question)
    {
        int at = sources.IndexOf(NameSource.Dns);
        bool isFirst = at == 0 || (at == 1 && hosts?.IsKnownToLack(question.Name, question.Family) == true);
        return isFirst && !(sources.Contains(NameSource.System) && nameSwitch?.IsForSystemFirst(question.Name) == true);
    }

    private async Task<Answer> AskSourcesAsync(
        Question question, Answer.Found? inUse, BegunLookup? begun, CancellationToken cancellationToken)
    {
        Answer? earlier = null;
        for (int i = 0; i < sources.Length; i++)
        {
            SourceAnswer said = await AskSourceAsync(i, question, inUse, begun, cancellationToken).ConfigureAwait(false);
            if (said.Answer is Answer.Found || (said.Answer is not null && said.IsFinal))
            {
                return Weigh(earlier, said.Answer);
            }

            earlier = said.Answer ?? earlier;
        }

        return earlier ?? new Answer.Empty(EmptyReason.NxDomain, NotListedTtl);
    }

    /// <summary>The answer after two sources.</summary>
    /// <remarks>
    /// A source that is asked because another one could not be asked may confirm that a name exists, and may not deny it. Where neither
    /// knows an address, the TTL is that of the earlier source.
    /// </remarks>
    private static Answer Weigh(Answer? earlier, Answer later) =>
        (earlier, later) is (Answer.Failed or Answer.Empty, Answer.Empty) ? earlier : later;

    private async ValueTask<SourceAnswer> AskSourceAsync(
        int index, Question question, Answer.Found? inUse, BegunLookup? begun, CancellationToken cancellationToken)
    {
        switch (sources[index])
        {
            case NameSource.HostsFile:
                Answer? listed = await hosts!.FindAsync(question.Name, question.Family, cancellationToken).ConfigureAwait(false);
                return new SourceAnswer(listed?.From("hosts file"), IsFinal: true);
            case NameSource.Dns:
                bool systemFollows = sources.IndexOf(NameSource.System) > index;
                return await AskDnsAsync(question, inUse, begun, systemFollows, cancellationToken).ConfigureAwait(false);
            default:
                Answer answer = await system.ResolveAsync(question.Name, question.Family, cancellationToken).ConfigureAwait(false);
                return new SourceAnswer(answer.From("system"), index == sources.Length - 1);
        }
    }

    private async ValueTask<SourceAnswer> AskDnsAsync(
        Question question, Answer.Found? inUse, BegunLookup? begun, bool systemFollows, CancellationToken cancellationToken)
    {
        if (begun is null && systemFollows && nameSwitch?.IsForSystemFirst(question.Name) == true)
        {
            return new SourceAnswer(null, IsFinal: false);
        }

        DnsOutcome outcome = begun is null
            ? await dns.AskAsync(question, inUse, cancellationToken).ConfigureAwait(false)
            : await dns.AskAsync(question, inUse, begun, cancellationToken).ConfigureAwait(false);
        bool mayBeKnown = systemFollows
            && outcome.Answer is Answer.Empty
            && (confirms || nameSwitch?.IsForSystemAfterwards(question.Name) == true);
        return systemFollows && outcome.HasNoServer
            ? new SourceAnswer(null, IsFinal: false)
            : new SourceAnswer(outcome.Answer.From(DnsResolver.Source), outcome.WasAsked && !mayBeKnown);
    }

    /// <param name="Answer">The answer of a source; null where the name is not its own.</param>
    /// <param name="IsFinal">Whether no other source needs to be asked.</param>
    private readonly record struct SourceAnswer(Answer? Answer, bool IsFinal);
}
