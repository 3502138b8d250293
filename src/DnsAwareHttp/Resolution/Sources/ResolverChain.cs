using System.Collections.Immutable;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Asks the sources in their order, each for what it knows: by default the hosts file, DNS, and the operating system for what those two cannot tell.</summary>
/// <param name="sources">The order.</param>
/// <param name="hosts">The hosts file; null where it is no source.</param>
/// <param name="dns">The name servers.</param>
/// <param name="system">The operating system's resolver.</param>
/// <param name="nameSwitch">Which names are the operating system's although DNS is asked; null for none.</param>
/// <param name="confirms">Whether a name that DNS does not know may yet be known to the operating system, whose name servers a stub resolver cannot all see.</param>
internal sealed class ResolverChain(
    ImmutableArray<NameSource> sources, HostsFileResolver? hosts, DnsResolver dns, IFamilyResolver system, NameSwitchFile? nameSwitch, bool confirms) : IFamilyResolver, IServiceResolver, INameChanges, IAsyncDisposable
{
    // The hosts file is looked at all the time: what it does not list today it may list in a moment.
    private static readonly TimeSpan NotListedTtl = TimeSpan.FromSeconds(1);

    /// <exception cref="FormatException">A name server is no address.</exception>
    public ResolverChain(DnsCacheOptions options, TimeProvider timeProvider, ILogger logger)
        : this(
            OrderOf(options),
            OrderOf(options).Contains(NameSource.HostsFile)
                ? new HostsFileResolver(options.HostsFilePath ?? HostsFileResolver.SystemPath, timeProvider, logger)
                : null,
            new DnsResolver(options, timeProvider, logger),
            new SystemResolver(options.SystemResolverTtl),
            new NameSwitchFile(options.NsswitchPath ?? NameSwitchFile.SystemPath, timeProvider, logger),
            confirms: OperatingSystem.IsWindows() || OperatingSystem.IsMacOS())
    {
    }

    /// <summary>The sources that the options name, or all three.</summary>
    public static ImmutableArray<NameSource> OrderOf(DnsCacheOptions options)
    {
        ImmutableArray<NameSource> named = options.NameSources.Count == 0 ? [NameSource.HostsFile, NameSource.Dns, NameSource.System] : [.. options.NameSources];
        return options.UseHostsFile ? named : named.Remove(NameSource.HostsFile);
    }

    public ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken) =>
        ResolveAsync(host, AddressFamily.Unspecified, cancellationToken);

    public async ValueTask<Answer> ResolveAsync(string host, AddressFamily family, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
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
            (Answer? Answer, bool IsFinal) said = sources[i] switch
            {
                NameSource.HostsFile => (hosts!.Find(host, family), true),
                NameSource.Dns => await AskDnsAsync(host, family, systemFollows: sources.IndexOf(NameSource.System) > i, cancellationToken).ConfigureAwait(false),
                _ => (await system.ResolveAsync(host, family, cancellationToken).ConfigureAwait(false), i == sources.Length - 1),
            };
            if (said.Answer is Answer.Found || (said.Answer is not null && said.IsFinal))
            {
                // Where both know of nothing, DNS tells how long that holds.
                return (known, said.Answer) is (Answer.Empty, Answer.Empty) ? known : said.Answer;
            }

            known = said.Answer ?? known;
        }

        return known ?? new Answer.Empty(EmptyReason.NxDomain, NotListedTtl);
    }

    public ValueTask<Answer> ResolveServiceAsync(string service, CancellationToken cancellationToken) =>
        sources.Contains(NameSource.Dns)
            ? dns.ResolveServiceAsync(service, cancellationToken)
            : ValueTask.FromResult<Answer>(new Answer.Failed("SRV records are looked up in DNS, which NameSources leaves out"));

    public IDisposable Watch(Action<IReadOnlySet<string>?> changed)
    {
        IDisposable[] watches = [hosts?.Watch(changed) ?? WatchEnd.OfNothing, dns.Watch(changed), nameSwitch?.Watch(changed) ?? WatchEnd.OfNothing];
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

    /// <summary>What DNS says, null where the name is not its own; and whether nobody else needs to be asked.</summary>
    private async ValueTask<(Answer? Answer, bool IsFinal)> AskDnsAsync(string host, AddressFamily family, bool systemFollows, CancellationToken cancellationToken)
    {
        if (systemFollows && nameSwitch?.IsForSystemFirst(host) == true)
        {
            return (null, false);
        }

        DnsOutcome outcome = await dns.AskAsync(host, family, cancellationToken).ConfigureAwait(false);
        bool mayBeKnown = systemFollows && outcome.Answer is Answer.Empty && (confirms || nameSwitch?.IsForSystemAfterwards(host) == true);
        return (outcome.Answer, outcome.WasAsked && !mayBeKnown);
    }
}
