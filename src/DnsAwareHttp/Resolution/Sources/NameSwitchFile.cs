using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The current nsswitch.conf, applied to the name of this machine.</summary>
internal sealed class NameSwitchFile : INameChanges
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly PolledFile<NameSwitch>? _file;
    private readonly Func<string> _machine;

    /// <param name="path">The file; null where the system has no such file.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Receives failures to read the file.</param>
    /// <param name="machine">The name of this machine; null for the system's.</param>
    /// <param name="isNamed">Whether a warning is logged when the file does not exist.</param>
    public NameSwitchFile(
        string? path, TimeProvider timeProvider, ILogger logger, Func<string>? machine = null, bool isNamed = false)
    {
        _file = path is null ? null : new PolledFile<NameSwitch>(path, Period, NameSwitch.Parse, timeProvider, logger, isNamed);
        _machine = machine ?? MachineName.Read;
    }

    /// <summary>The file of the operating system; null where it has no such file.</summary>
    public static string? SystemPath => OperatingSystem.IsLinux() ? "/etc/nsswitch.conf" : null;

    public bool IsForSystemFirst(string host) =>
        _file?.Current is NameSwitch { AsksDns: false } or { BeforeDns.IsEmpty: false } && _file.Current.IsForSystemFirst(host, _machine());

    public bool IsForSystemAfterwards(string host) =>
        _file?.Current is { AfterDns.IsEmpty: false } && _file.Current.IsForSystemAfterwards(host, _machine());

    /// <summary>Any name may be affected: the reported names are always null.</summary>
    public IDisposable Watch(Action<IReadOnlySet<string>?> changed) => _file?.WatchForAnyName(changed) ?? WatchEnd.OfNothing;
}
