namespace DnsAwareHttp.Tests.Fakes;

/// <summary>Stands for an endpoint's handler: answers what the test says and tells when it was disposed.</summary>
public sealed class StubHandler(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
{
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _requests;

    public StubHandler()
        : this(static (request, _) => Task.FromResult(new HttpResponseMessage { RequestMessage = request }))
    {
    }

    /// <summary>Thrown by the disposal.</summary>
    public Exception? ThrownByDispose { get; init; }

    public Task Disposed => _disposed.Task;

    public int Requests => Volatile.Read(ref _requests);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _requests);
        return answer(request, cancellationToken);
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        SendAsync(request, cancellationToken).GetAwaiter().GetResult();

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _disposed.TrySetResult();
        if (ThrownByDispose is not null)
        {
            throw ThrownByDispose;
        }
    }
}
