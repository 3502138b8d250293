using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Connecting;

/// <summary>The version of HTTP that is spoken, with or without TLS.</summary>
/// <param name="Name">As the tables call it.</param>
/// <param name="Served">What servers offer.</param>
/// <param name="Tls">Whether connections are encrypted.</param>
/// <param name="Version">What clients ask for, exactly.</param>
internal sealed record Protocol(string Name, HttpProtocols Served, bool Tls, Version Version)
{
    public static IReadOnlyList<Protocol> All { get; } =
    [
        new("HTTP/1.1", HttpProtocols.Http1, false, HttpVersion.Version11),
        new("HTTP/2, TLS", HttpProtocols.Http1AndHttp2, true, HttpVersion.Version20),
    ];

    public Uri At(string host, int port) => new($"{(Tls ? "https" : "http")}://{host}:{port}");
}
