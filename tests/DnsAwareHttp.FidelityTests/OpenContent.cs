using System.Net;

namespace DnsAwareHttp.FidelityTests;

/// <summary>Content that a test writes piece by piece while the request is under way.</summary>
internal sealed class OpenContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Writes a piece, as soon as the request is being sent.</summary>
    public async Task WriteAsync(byte[] piece)
    {
        Stream stream = await _opened.Task;
        await stream.WriteAsync(piece);
        await stream.FlushAsync();
    }

    /// <summary>Ends the content.</summary>
    public void Complete() => _completed.TrySetResult();

    /// <summary>Lets the content fail.</summary>
    public void Fail(Exception failure) => _completed.TrySetException(failure);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        // So that the head is sent before there is a piece.
        await stream.FlushAsync();
        _opened.TrySetResult(stream);
        await _completed.Task;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
