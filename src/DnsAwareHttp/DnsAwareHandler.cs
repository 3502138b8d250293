using Microsoft.Extensions.Logging;

namespace DnsAwareHttp;

/// <summary>Follows DNS.</summary>
public sealed class DnsAwareHandler : DelegatingHandler
{
    /// <summary>The key of a <see cref="DrainSignal"/>.</summary>
    public static readonly HttpRequestOptionsKey<DrainSignal> DrainSignalKey = new("DnsAwareHttp.DrainSignal");

    /// <summary>Defaults.</summary>
    public DnsAwareHandler()
        : this(new SocketsHttpHandler())
    {
    }

    /// <summary>Wraps.</summary>
    public DnsAwareHandler(SocketsHttpHandler innerHandler, DnsAwareOptions? options = null, DnsCache? cache = null, ILoggerFactory? loggerFactory = null)
        : base(innerHandler)
    {
    }

    /// <summary>Snapshot.</summary>
    public DnsAwareSnapshot GetSnapshot() => throw new NotImplementedException();
}
