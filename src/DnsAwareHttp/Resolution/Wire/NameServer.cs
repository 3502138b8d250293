using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>
/// Reads the address of a name server as people write it: <c>10.0.0.2</c>, <c>127.0.0.1:5353</c>, <c>::1</c>, <c>[::1]:53</c>,
/// <c>fe80::1%eth0</c>.
/// </summary>
internal static class NameServer
{
    public const int DefaultPort = 53;

    /// <summary>The address, with port 53 where none is given.</summary>
    /// <exception cref="NotSupportedException">DNS over TLS.</exception>
    /// <exception cref="FormatException">Anything else that is no address.</exception>
    public static IPEndPoint Parse(string text)
    {
        if (IsDnsOverTls(text))
        {
            throw new NotSupportedException(
                $"{nameof(DnsCacheOptions.NameServers)}: '{text}' asks for DNS over TLS, which is not supported.");
        }

        return TryParse(text, out IPEndPoint? server)
            ? server
            : throw new FormatException(
                $"{nameof(DnsCacheOptions.NameServers)}: '{text}' is no address such as 10.0.0.2, 127.0.0.1:5353 or [::1]:53.");
    }

    /// <summary>As <see cref="Parse"/>; false also for DNS over TLS.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out IPEndPoint? server)
    {
        server = null;
        if (text is null || !IPEndPoint.TryParse(text, out IPEndPoint? endPoint) || !IsWrittenInFull(text, endPoint))
        {
            return false;
        }

        server = endPoint.Port == 0 ? new IPEndPoint(endPoint.Address, DefaultPort) : endPoint;
        return true;
    }

    /// <summary>Whether this is <c>tls://…</c> (RFC 7858), which is understood but not supported.</summary>
    public static bool IsDnsOverTls(string text) => text.StartsWith("tls://", StringComparison.OrdinalIgnoreCase);

    // The runtime takes 10.2 for 10.0.0.2 and 0x0a000002 as well. Here such a thing is a slip of the pen. A port that is given is not 0.
    private static bool IsWrittenInFull(string text, IPEndPoint endPoint)
    {
        string portMark = endPoint.AddressFamily == AddressFamily.InterNetwork ? ":" : "]:";
        bool hasPort = text.Contains(portMark, StringComparison.Ordinal);
        string address = hasPort ? text[..text.LastIndexOf(':')] : text;
        return (!hasPort || endPoint.Port != 0)
            && (endPoint.AddressFamily == AddressFamily.InterNetworkV6 || address == endPoint.Address.ToString());
    }
}
