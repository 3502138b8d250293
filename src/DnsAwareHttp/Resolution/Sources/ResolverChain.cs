using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>
/// Asks the sources in their order: the name itself, the hosts file, <c>localhost</c>, DNS; and the operating system where DNS cannot be.
/// </summary>
internal sealed class ResolverChain(HostsFileResolver? hosts, DnsResolver dns, IFamilyResolver system) : IFamilyResolver, INameChanges
{
    /// <exception cref="NotSupportedException">A name server is to be asked by DNS over TLS.</exception>
    /// <exception cref="FormatException">A name server is no address.</exception>
    public ResolverChain(DnsCacheOptions options, TimeProvider timeProvider, ILoggerFactory loggerFactory)
        : this(
            options.UseHostsFile
                ? new HostsFileResolver(
                    options.HostsFilePath ?? HostsFileResolver.SystemPath, timeProvider, loggerFactory.CreateLogger<HostsFileResolver>())
                : null,
            new DnsResolver(options, timeProvider, loggerFactory.CreateLogger<DnsResolver>()),
            new SystemResolver(options.SystemResolverTtl))
    {
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

        if (hosts is not null && hosts.TryResolve(host, family, out Answer.Found? listed))
        {
            return listed;
        }

        if (LocalNames.TryResolveLocalhost(host, family, out Answer? loopback))
        {
            return loopback;
        }

        DnsOutcome outcome = await dns.AskAsync(host, family, cancellationToken).ConfigureAwait(false);
        return outcome.WasAsked ? outcome.Answer : await system.ResolveAsync(host, family, cancellationToken).ConfigureAwait(false);
    }

    public IDisposable Watch(Action<IReadOnlySet<string>?> changed)
    {
        IDisposable? hostsWatch = hosts?.Watch(changed);
        IDisposable dnsWatch = dns.Watch(changed);
        return new WatchEnd(() =>
        {
            hostsWatch?.Dispose();
            dnsWatch.Dispose();
        });
    }
}
