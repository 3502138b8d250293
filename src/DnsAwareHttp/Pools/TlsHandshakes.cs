using System.Collections.Concurrent;
using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Pools;

/// <summary>The TLS handshakes of one endpoint that are measured.</summary>
/// <remarks>
/// The runtime makes the handshake, and tells nothing of it. Its time is that between two calls of the runtime: the connect callback
/// returns a connected socket, and the filter of the plaintext stream comes after the handshake. Both calls name the same request.
/// </remarks>
/// <param name="time">The clock.</param>
internal sealed class TlsHandshakes(TimeProvider time)
{
    private readonly ConcurrentDictionary<HttpRequestMessage, TlsHandshake> _running = new();

    /// <summary>The handshakes that have no end yet, for tests.</summary>
    public int Count => _running.Count;

    /// <summary>A connection is handed to the runtime.</summary>
    /// <param name="request">The request that it is opened for.</param>
    /// <param name="metrics">Measures the handshake.</param>
    /// <returns>The handshake; null if the request has one already: two could not be told apart.</returns>
    public TlsHandshake? Begin(HttpRequestMessage request, EndpointMetrics metrics)
    {
        TlsHandshake handshake = new(time, metrics, ended => _running.TryRemove(KeyValuePair.Create(request, ended)));
        return _running.TryAdd(request, handshake) ? handshake : null;
    }

    /// <summary>The runtime has a plaintext stream for a request.</summary>
    public void End(HttpRequestMessage request)
    {
        if (_running.TryGetValue(request, out TlsHandshake? handshake))
        {
            handshake.End(errorType: null);
        }
    }
}

/// <summary>The TLS handshake of one connection.</summary>
/// <param name="time">The clock.</param>
/// <param name="metrics">Measures it.</param>
/// <param name="ended">Called at its end.</param>
internal sealed class TlsHandshake(TimeProvider time, EndpointMetrics metrics, Action<TlsHandshake> ended)
{
    private readonly long _began = time.GetTimestamp();
    private int _hasEnded;

    /// <summary>It has ended. The first end counts: a connection that is closed later has had its handshake.</summary>
    /// <param name="errorType">The class of its failure; null: it succeeded.</param>
    public void End(string? errorType)
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) == 0)
        {
            ended(this);
            metrics.OnHandshake(time.GetElapsedTime(_began), errorType);
        }
    }
}
