using System.Collections.Immutable;
using System.Net;
using System.Net.NetworkInformation;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The name servers of the network interfaces that are up, first of the interfaces with a gateway.</summary>
internal sealed class InterfaceServers(TimeProvider timeProvider)
{
    // Listing the interfaces takes milliseconds.
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private volatile Listing? _last;

    // Two callers may list at once. That costs milliseconds, and is never wrong.
    public ImmutableArray<IPEndPoint> Current
    {
        get
        {
            Listing? last = _last;
            if (last is null || timeProvider.GetElapsedTime(last.At) >= Period)
            {
                _last = last = new Listing(List(), timeProvider.GetTimestamp());
            }

            return last.Servers;
        }
    }

    private static ImmutableArray<IPEndPoint> List()
    {
        try
        {
            return
            [
                .. NetworkInterface.GetAllNetworkInterfaces()
                    .Where(IsUsable)
                    .Select(card => card.GetIPProperties())
                    .OrderByDescending(HasGateway)
                    .SelectMany(properties => properties.DnsAddresses)
                    .Where(IsReal)
                    .Distinct()
                    .Select(address => NameServer.EndPointOf(address, NameServer.DefaultPort)),
            ];
        }
        catch (Exception exception) when (exception is NetworkInformationException or PlatformNotSupportedException)
        {
            // Without a list of the interfaces no server is known, and the system's resolver is asked.
            return [];
        }
    }

    private static bool IsUsable(NetworkInterface card) =>
        card is { OperationalStatus: OperationalStatus.Up, NetworkInterfaceType: not NetworkInterfaceType.Loopback };

    private static bool HasGateway(IPInterfaceProperties properties) =>
        properties.GatewayAddresses
            .Select(gateway => gateway.Address)
            .Any(address => !IPAddress.Any.Equals(address) && !IPAddress.IPv6Any.Equals(address));

    // Windows lists fec0:0:0:ffff::1 to ::3 for interfaces that have no server at all.
    private static bool IsReal(IPAddress address) => !address.IsIPv6SiteLocal;

    private sealed record Listing(ImmutableArray<IPEndPoint> Servers, long At);
}
