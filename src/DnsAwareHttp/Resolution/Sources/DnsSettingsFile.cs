using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Resolution.Wire;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The current DNS settings, from the options, resolv.conf and the network interfaces.</summary>
internal sealed class DnsSettingsFile : INameChanges
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly DnsCacheOptions _options;
    private readonly InterfaceServers _interfaces;
    private readonly ImmutableArray<NameServer> _chosen;
    private readonly PolledFile<ResolvConf>? _file;
    private volatile Combination? _last;

    /// <exception cref="FormatException">The text of a name server is not an address.</exception>
    public DnsSettingsFile(DnsCacheOptions options, TimeProvider timeProvider, ILogger logger)
    {
        _options = options;
        _chosen = [.. options.NameServers.Select(NameServer.Parse)];
        _interfaces = new InterfaceServers(timeProvider);
        string? path = options.ResolvConfPath ?? (OperatingSystem.IsWindows() ? null : "/etc/resolv.conf");
        _file = path is null
            ? null
            : new PolledFile<ResolvConf>(path, Period, Read, timeProvider, logger, isNamed: options.ResolvConfPath is not null);
    }

    public DnsSettings Current => Combine(_file?.Current ?? ResolvConfOfNoFile);

    private static ResolvConf ResolvConfOfNoFile { get; } = new() { NameServers = [] };

    /// <summary>Any name may be affected: the reported names are always null.</summary>
    public IDisposable Watch(Action<IReadOnlySet<string>?> changed) => _file?.WatchForAnyName(changed) ?? WatchEnd.OfNothing;

    // Combined once for each change, not for each question.
    private DnsSettings Combine(ResolvConf conf)
    {
        ImmutableArray<IPEndPoint> system = !_chosen.IsEmpty || !conf.NameServers.IsEmpty ? conf.NameServers : _interfaces.Current;
        Combination? last = _last;
        if (last is null || !ReferenceEquals(last.Conf, conf) || last.System != system)
        {
            ImmutableArray<NameServer> servers =
                _chosen.IsEmpty ? [.. system.Select(static endPoint => new NameServer(endPoint))] : _chosen;
            _last = last = new Combination(conf, system, DnsSettings.Of(_options, servers, conf));
        }

        return last.Settings;
    }

    // Without the file, glibc asks the server on this machine. Elsewhere the interfaces know the servers.
    private static ResolvConf Read(string? text)
    {
        ResolvConf conf = text is null && !OperatingSystem.IsLinux()
            ? ResolvConfOfNoFile
            : ResolvConf.Parse(text ?? "", MachineName.Read());
        return conf.WithEnvironment(Environment.GetEnvironmentVariable("LOCALDOMAIN"), Environment.GetEnvironmentVariable("RES_OPTIONS"));
    }

    private sealed record Combination(ResolvConf Conf, ImmutableArray<IPEndPoint> System, DnsSettings Settings);
}
