using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>One name server: its address, and whether it is asked in cleartext or over TLS (RFC 7858).</summary>
/// <remarks>
/// Text forms: <c>10.0.0.2</c>, <c>127.0.0.1:5353</c>, <c>::1</c>, <c>[::1]:53</c>, <c>fe80::1%eth0</c>. Over TLS:
/// <c>tls://9.9.9.9#dns.quad9.net</c>, <c>tls://[2620:fe::fe]:853#dns.quad9.net</c>, and without the name where the certificate has the
/// address.
/// </remarks>
internal sealed record NameServer(IPEndPoint EndPoint)
{
    public const int DefaultPort = 53;
    public const int DefaultTlsPort = 853;

    private const string TlsScheme = "tls://";

    /// <summary>Whether it is asked over TLS. There is no fallback to cleartext.</summary>
    public bool IsTls { get; init; }

    /// <summary>The name that its certificate is for; null when the certificate is for its address (RFC 8310 section 8.1).</summary>
    public string? TlsName { get; init; }

    /// <summary>The server that <paramref name="text"/> names, with the default port if it has no port.</summary>
    /// <exception cref="FormatException">It is not the address of a name server.</exception>
    public static NameServer Parse(string text) =>
        TryParse(text, out NameServer? server)
            ? server
            : throw new FormatException(
                $"{nameof(DnsCacheOptions.NameServers)}: '{text}' is not an address such as 10.0.0.2, 127.0.0.1:5353, [::1]:53 "
                + "or tls://9.9.9.9#dns.quad9.net.");

    /// <summary>As <see cref="Parse"/>.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out NameServer? server)
    {
        server = text is null ? null
            : text.StartsWith(TlsScheme, StringComparison.OrdinalIgnoreCase) ? ParseTls(text[TlsScheme.Length..])
            : ParseEndPoint(text, DefaultPort) is IPEndPoint endPoint ? new NameServer(endPoint)
            : null;
        return server is not null;
    }

    /// <summary>An IPv4-mapped address is an IPv4 address. A socket for IPv6 would not reach it.</summary>
    public static IPEndPoint EndPointOf(IPAddress address, int port) =>
        new(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);

    public override string ToString() =>
        !IsTls ? EndPoint.ToString()
        : TlsName is null ? $"{TlsScheme}{EndPoint}"
        : $"{TlsScheme}{EndPoint}#{TlsName}";

    private static NameServer? ParseTls(string text)
    {
        string[] parts = text.Split('#', 2);
        string? name = parts.Length == 2 ? parts[1].ToLowerInvariant() : null;
        return ParseEndPoint(parts[0], DefaultTlsPort) is IPEndPoint endPoint && (name is null || IsNameOfHost(name))
            ? new NameServer(endPoint) { IsTls = true, TlsName = name }
            : null;
    }

    private static bool IsNameOfHost(string name) =>
        Uri.CheckHostName(name) == UriHostNameType.Dns && !name.EndsWith('.') && DnsMessageWriter.ProblemOf(name) == NameProblem.None;

    private static IPEndPoint? ParseEndPoint(string text, int defaultPort) =>
        !IPEndPoint.TryParse(text, out IPEndPoint? endPoint) || !IsWrittenInFull(text, endPoint) ? null
            : EndPointOf(endPoint.Address, endPoint.Port == 0 ? defaultPort : endPoint.Port);

    // The runtime also reads 10.2 and 0x0a000002 as 10.0.0.2. Here they are mistakes. A port that is given is not 0.
    private static bool IsWrittenInFull(string text, IPEndPoint endPoint)
    {
        string portMark = endPoint.AddressFamily == AddressFamily.InterNetwork ? ":" : "]:";
        bool hasPort = text.Contains(portMark, StringComparison.Ordinal);
        string address = hasPort ? text[..text.LastIndexOf(':')] : text;
        return (!hasPort || endPoint.Port != 0)
            && (endPoint.AddressFamily == AddressFamily.InterNetworkV6 || address == endPoint.Address.ToString());
    }
}
