using System.Net;

namespace DnsAwareHttp.FidelityTests;

/// <summary>A proxy that decides for each URI, and writes down what it is asked.</summary>
internal sealed class AskedProxy(Transcript transcript, Func<Uri, Uri?> choose) : IWebProxy
{
    public ICredentials? Credentials { get; set; }

    /// <summary>Hosts that go without a proxy.</summary>
    public Func<Uri, bool> Bypasses { get; init; } = static _ => false;

    public Uri? GetProxy(Uri destination)
    {
        transcript.Write($"proxy asked for {destination}");
        return choose(destination);
    }

    public bool IsBypassed(Uri host)
    {
        transcript.Write($"bypass asked for {host}");
        return Bypasses(host);
    }
}
