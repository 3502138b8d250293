using System.Net.Sockets;

namespace DnsAwareHttp.Pools;

/// <summary>A connection's stream that reports its own end.</summary>
/// <remarks>It is a <see cref="NetworkStream"/> and no wrapper: the runtime polls the socket of one to see whether an idle connection is still good.</remarks>
internal sealed class TrackedStream(Socket socket, long id, OpenStreams owner) : NetworkStream(socket, ownsSocket: true)
{
    private int _reported;

    /// <summary>Closes the socket under whoever reads or writes. The owner of the stream still disposes it, but its end counts from now.</summary>
    public void Cut()
    {
        Socket.Dispose();
        Report();
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);

        // Also from the finaliser: a response that the application dropped without disposing it ends its connection too.
        Report();
    }

    private void Report()
    {
        if (Interlocked.Exchange(ref _reported, 1) == 0)
        {
            owner.Remove(id);
        }
    }
}
