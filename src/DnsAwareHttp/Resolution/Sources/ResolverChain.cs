using System.Collections.Immutable;
using System.Net.Sockets;
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

    public ValueTask<Answer> ResolveAsync(Question question, CancellationToken cancellationToken) =>
        question.Kind is not QuestionKind.Service ? ResolveAddressesAsync(question, cancellationToken)
            : sources.Contains(NameSource.Dns) ? dns.ResolveAsync(question, cancellationToken)
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

    private async ValueTask<Answer> ResolveAddressesAsync(Question question, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        (string host, AddressFamily family) = (question.Name, question.Family);
        if (LocalNames.TryResolveLiteral(host, family, out Answer? literal))
        {
            return literal;
        }

        if (LocalNames.TryResolveLocalhost(host, family, out Answer? loopback) && hosts?.Find(host, family) is null)
        {
            return loopback;
        }

        Answer? known = null;
        for (int i = 0; i < sources.Length; i++)
        {
            (Answer? answer, bool isFinal) = await AskSourceAsync(i, question, cancellationToken).ConfigureAwait(false);
            if (answer is Answer.Found || (answer is not null && isFinal))
            {
                // Where neither knows an address, the TTL is that of DNS.
                return (known, answer) is (Answer.Empty, Answer.Empty) ? known : answer;
            }

            known = answer ?? known;
        }

        return known ?? new Answer.Empty(EmptyReason.NxDomain, NotListedTtl);
    }

    /// <summary>The answer of a source, null where the name is not its own; and whether no other source needs to be asked.</summary>
    private async ValueTask<(Answer? Answer, bool IsFinal)> AskSourceAsync(
        int index, Question question, CancellationToken cancellationToken)
    {
        switch (sources[index])
        {
            case NameSource.HostsFile:
                return (hosts!.Find(question.Name, question.Family), true);
            case NameSource.Dns:
                bool systemFollows = sources.IndexOf(NameSource.System) > index;
                return await AskDnsAsync(question, systemFollows, cancellationToken).ConfigureAwait(false);
            default:
                Answer answer = await system.ResolveAsync(question.Name, question.Family, cancellationToken).ConfigureAwait(false);
                return (answer, index == sources.Length - 1);
        }
    }

    private async ValueTask<(Answer? Answer, bool IsFinal)> AskDnsAsync(
        Question question, bool systemFollows, CancellationToken cancellationToken)
    {
        if (systemFollows && nameSwitch?.IsForSystemFirst(question.Name) == true)
        {
            return (null, false);
        }

        DnsOutcome outcome = await dns.AskAsync(question, cancellationToken).ConfigureAwait(false);
        bool mayBeKnown = systemFollows
            && outcome.Answer is Answer.Empty
            && (confirms || nameSwitch?.IsForSystemAfterwards(question.Name) == true);
        return (outcome.Answer, outcome.WasAsked && !mayBeKnown);
    }
}
