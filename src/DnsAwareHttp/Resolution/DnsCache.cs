using Microsoft.Extensions.Logging;

namespace DnsAwareHttp;

/// <summary>Keeps answers.</summary>
public sealed class DnsCache : IDisposable, IAsyncDisposable
{
    /// <summary>Makes one.</summary>
    public DnsCache(DnsCacheOptions? options = null, INameResolver? resolver = null, TimeProvider? timeProvider = null, ILoggerFactory? loggerFactory = null)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
