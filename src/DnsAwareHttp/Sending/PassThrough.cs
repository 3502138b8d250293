namespace DnsAwareHttp.Origins;

/// <summary>Hands requests to the wrapped handler as they are, and counts them.</summary>
/// <param name="send">The wrapped handler.</param>
internal sealed class UnmanagedSender(Func<HttpRequestMessage, bool, CancellationToken, Task<HttpResponseMessage>> send)
{
    private long _count;

    public long Count => Volatile.Read(ref _count);

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _count);
        return send(request, async, cancellationToken);
    }
}
