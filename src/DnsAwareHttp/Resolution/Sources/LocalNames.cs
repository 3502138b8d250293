using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The names that need no question: IP literals, and <c>localhost</c> with all names below it (RFC 6761 section 6.3).</summary>
internal static class LocalNames
{
    public static bool TryResolve(string host, AddressFamily family, [NotNullWhen(true)] out Answer? answer) =>
        TryResolveLiteral(host, family, out answer) || TryResolveLocalhost(host, family, out answer);

    public static bool TryResolveLiteral(string host, AddressFamily family, [NotNullWhen(true)] out Answer? answer)
    {
        answer = IPAddress.TryParse(host, out IPAddress? address) ? Of([address], family) : null;
        return answer is not null;
    }

    public static bool TryResolveLocalhost(string host, AddressFamily family, [NotNullWhen(true)] out Answer? answer)
    {
        answer = IsLocalhost(host.EndsWith('.') ? host[..^1] : host) ? Of(Loopbacks(), family) : null;
        return answer is not null;
    }

    private static bool IsLocalhost(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);

    private static ImmutableArray<IPAddress> Loopbacks() =>
        Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];

    private static Answer Of(ImmutableArray<IPAddress> all, AddressFamily family)
    {
        bool isAny = family == AddressFamily.Unspecified;
        ImmutableArray<IPAddress> addresses = [.. all.Where(address => isAny || address.AddressFamily == family)];
        return addresses.IsEmpty
            ? new Answer.Empty(EmptyReason.NoData, TimeSpan.MaxValue)
            : new Answer.Found(addresses, TimeSpan.MaxValue, IsComplete: true);
    }
}
