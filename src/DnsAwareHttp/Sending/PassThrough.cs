namespace DnsAwareHttp.Sending;

/// <summary>Sends requests that cannot be managed, through a handler with the settings of the wrapped one, and counts them.</summary>
/// <param name="send">Sends through that handler.</param>
internal sealed class PassThrough(Func<HttpRequestMessage, bool, CancellationToken, Task<HttpResponseMessage>> send)
{
    private long _count;

    public long Count => Volatile.Read(ref _count);

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _count);
        return send(request, async, cancellationToken);
    }
}
