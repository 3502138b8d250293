using System.Net;
using DnsClient;

namespace DnsAwareHttp.DnsClient;

/// <summary>The name servers of the system, as they are now: resolv.conf where it exists, else what the DnsClient package finds.</summary>
/// <remarks>
/// The package reads them once, leaves out those of an interface that is down, and fails when only the loopback is up.
/// </remarks>
/// <param name="resolvConf">The file.</param>
internal sealed class SystemServers(string resolvConf)
{
    private const int MaxServers = 3;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private volatile Look? _last;

    public NameServer[] Current
    {
        get
        {
            Look? last = _last;
            if (last is null || TimeProvider.System.GetElapsedTime(last.At) >= Period)
            {
                // Two callers may look at once. Both find the same.
                _last = last = Next(last);
            }

            return last.Servers;
        }
    }

    private Look Next(Look? last)
    {
        long now = TimeProvider.System.GetTimestamp();
        try
        {
            FileInfo file = new(resolvConf);
            (DateTime, long)? version = file.Exists ? (file.LastWriteTimeUtc, file.Length) : null;
            return version is null ? new Look(now, null, OfInterfaces())
                : last is not null && version == last.Version ? last with { At = now }
                : new Look(now, version, Read(File.ReadLines(resolvConf)));
        }
        catch (Exception) when (last is not null)
        {
            // What was known counts on: the file may be just written anew.
            return last with { At = now };
        }
        catch (Exception)
        {
            return new Look(now, null, []);
        }
    }

    private static NameServer[] OfInterfaces() =>
        [.. NameServer.ResolveNameServers(skipIPv6SiteLocal: true, fallbackToGooglePublicDns: false)];

    // resolv.conf(5): at most three servers, and the one on this machine if there is no line.
    private static NameServer[] Read(IEnumerable<string> lines)
    {
        NameServer[] servers =
        [
            .. lines.Select(static line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                .Where(static words => words.Length > 1 && words[0] == "nameserver")
                .Select(static words => IPAddress.TryParse(words[1], out IPAddress? address) ? address : null)
                .OfType<IPAddress>()
                .Take(MaxServers)
                .Select(static address => new NameServer(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)),
        ];
        return servers.Length > 0 ? servers : [new NameServer(IPAddress.Loopback)];
    }

    private sealed record Look(long At, (DateTime, long)? Version, NameServer[] Servers);
}
