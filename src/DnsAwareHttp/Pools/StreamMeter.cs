using System.Net.Sockets;
using System.Runtime.CompilerServices;
using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Pools;

/// <summary>What is measured of one connection: its handshake, a reset, and segments that were sent again.</summary>
/// <param name="metrics">The metrics of the endpoint.</param>
internal sealed class StreamMeter(EndpointMetrics metrics)
{
    private volatile bool _wasReset;
    private long _retransmits;

    /// <summary>The TLS handshake, while it is measured.</summary>
    public TlsHandshake? Handshake { get; set; }

    /// <summary>Notes whether a read or a write failed because the peer has reset the connection.</summary>
    /// <returns>False: the exception goes its way.</returns>
    public bool Note(Exception error)
    {
        SocketException? cause = error as SocketException ?? error.InnerException as SocketException;
        _wasReset |= cause is { SocketErrorCode: SocketError.ConnectionReset };
        return false;
    }

    /// <summary>Notes the failure of a write.</summary>
    public ValueTask Watch(ValueTask write) => write.IsCompletedSuccessfully ? write : AwaitAsync(write);

    /// <summary>Looks at the connection. For one caller at a time, and for the end.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="tally">The origin's.</param>
    public void Survey(Socket socket, OriginTally? tally)
    {
        if (TcpHealth.Measure(socket) is not (TimeSpan roundTripTime, long retransmits))
        {
            return;
        }

        tally?.AddConnection(roundTripTime);
        metrics.AddRetransmits(retransmits - Interlocked.Exchange(ref _retransmits, retransmits));
    }

    /// <summary>The socket is about to be closed.</summary>
    public void OnClosing(Socket socket)
    {
        _wasReset = _wasReset || (metrics.CountsResets && SocketLook.WasReset(socket));
        if (metrics.CountsRetransmits)
        {
            Survey(socket, tally: null);
        }
    }

    /// <summary>The connection is closed. Called once.</summary>
    /// <param name="timedOut">Whether the runtime gave the connect up.</param>
    public void OnClosed(bool timedOut)
    {
        Handshake?.End(timedOut ? ErrorTypes.Timeout : "secure_connection_error");
        if (_wasReset)
        {
            metrics.OnReset();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitAsync(ValueTask write)
    {
        try
        {
            await write.ConfigureAwait(false);
        }
        catch (Exception exception) when (Note(exception))
        {
            throw;
        }
    }
}
