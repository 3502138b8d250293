using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Diagnostics;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>Answers from the current hosts file.</summary>
/// <remarks>
/// As in glibc, a name that is listed for one family has only that family in an answer for both. A question for the
/// other family finds it not listed.
/// </remarks>
internal sealed class HostsFileResolver : IFamilyResolver, INameChanges
{
    private const int MaxTextLength = 100;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan NegativeTtl = TimeSpan.FromSeconds(1);

    private readonly PolledFile<HostsFile> _file;
    private readonly SharedLook<HostsFile> _look;
    private readonly string _path;
    private readonly ILogger _logger;
    private string _skipped = "";

    /// <param name="path">The file; null for the system's. A warning is logged when a file that was named does not exist.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Receives warnings about the file.</param>
    public HostsFileResolver(string? path, TimeProvider timeProvider, ILogger logger)
    {
        (_path, _logger) = (path ?? SystemPath, logger);
        _file = new PolledFile<HostsFile>(_path, Period, Read, timeProvider, logger, isNamed: path is not null);
        _look = new SharedLook<HostsFile>(_file);
    }

    /// <summary>The hosts file of the operating system.</summary>
    public static string SystemPath =>
        OperatingSystem.IsWindows() ? Path.Combine(Environment.SystemDirectory, "drivers", "etc", "hosts") : "/etc/hosts";

    /// <summary>Whether the name is not listed, and no disk need be asked to know that.</summary>
    public bool IsKnownToLack(string host, AddressFamily family) => _look.Known?.AddressesOf(host, family).IsEmpty == true;

    /// <summary>The addresses of this name in the file; null if it is not listed, and other sources are to be asked.</summary>
    /// <remarks>A name that is listed with unspecified addresses only has no address: block lists mean that.</remarks>
    public async ValueTask<Answer?> FindAsync(string host, AddressFamily family, CancellationToken cancellationToken)
    {
        HostsFile file = await _look.GetAsync(cancellationToken).ConfigureAwait(false);
        ImmutableArray<IPAddress> addresses = file.AddressesOf(host, family);
        return addresses.IsEmpty ? null : AnswerMerge.Usable(new Answer.Found(addresses, TimeSpan.MaxValue, IsComplete: true));
    }

    public ValueTask<Answer> ResolveAsync(string host, CancellationToken cancellationToken) =>
        ResolveAsync(host, AddressFamily.Unspecified, cancellationToken);

    /// <summary>As <see cref="FindAsync"/>, with NXDOMAIN for names that the file does not list.</summary>
    public async ValueTask<Answer> ResolveAsync(string host, AddressFamily family, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await FindAsync(host, family, cancellationToken).ConfigureAwait(false)
            ?? new Answer.Empty(EmptyReason.NxDomain, NegativeTtl);
    }

    public IDisposable Watch(Action<IReadOnlySet<string>?> changed) =>
        _file.Watch((before, after) => Report(before.DifferencesTo(after), changed));

    private static void Report(IReadOnlySet<string> names, Action<IReadOnlySet<string>?> changed)
    {
        if (names.Count > 0)
        {
            changed(names);
        }
    }

    private HostsFile Read(string? text)
    {
        HostsFile file = text is null ? HostsFile.Empty : HostsFile.Parse(text);
        string skipped = Examples.Of([.. file.Problems.Select(Describe)], separator: "; ");
        if (skipped.Length > 0 && skipped != _skipped)
        {
            _logger.HostsLinesSkipped(_path, skipped);
        }

        _skipped = skipped;
        return file;

        static string Describe(HostsProblem problem) => $"line {problem.Line}, {Shorten(problem.Problem)}: \"{Shorten(problem.Text)}\"";

        static string Shorten(string text) => text.Length <= MaxTextLength ? text : text[..MaxTextLength] + "…";
    }
}
