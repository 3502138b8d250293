using System.Collections.Concurrent;
using System.Net.Sockets;

namespace DnsAwareHttp.FidelityTests;

/// <summary>A connection's stream that notes which thread reads and writes, and whether that thread waits.</summary>
/// <remarks>It is a <see cref="NetworkStream"/>: of any other stream the runtime reads ahead, on whichever thread.</remarks>
internal sealed class ThreadRecordingStream(NetworkStream inner, ConcurrentQueue<(string What, int Thread)> calls) : NetworkStream(inner.Socket, ownsSocket: true)
{
    public override int Read(Span<byte> buffer)
    {
        Note("read");
        return base.Read(buffer);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Note("read async");
        return base.ReadAsync(buffer, cancellationToken);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Note("write");
        base.Write(buffer);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Note("write async");
        return base.WriteAsync(buffer, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Note(string what) => calls.Enqueue((what, Environment.CurrentManagedThreadId));
}
