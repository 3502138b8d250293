using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Simulation;

/// <summary>Stands for an endpoint's <see cref="SocketsHttpHandler"/> over HTTP/1.1.</summary>
/// <remarks>It connects when no connection is idle, and gives a request the first one to be had, whoever asked for it.</remarks>
internal sealed class SimulatedHandler(EndpointDialer dialer, SimulatedNetwork network, SimulatedTraffic traffic, Referee referee)
    : HttpMessageHandler
{
    private const int MaxIdle = 32;

    private readonly SocketsHttpConnectionContext _context = ConnectionContexts.For("svc.test", 80);
    private readonly Queue<SimulatedExchange> _waiting = new();
    private readonly List<TrackedStream> _idle = [];
    private readonly Lock _sync = new();
    private long _retiredAt = long.MaxValue;
    private int _disposals;
    private int _awaitingHeaders;

    public IPAddress Address => dialer.Address.Address;

    public EndpointDialer Dialer => dialer;

    /// <summary>The pool that it belongs to; null before that is made.</summary>
    public EndpointPool? Pool => dialer.Dialled?.Target as EndpointPool;

    public int Disposals => Volatile.Read(ref _disposals);

    /// <summary>The step after which no new request may reach it.</summary>
    public long RetiredAt
    {
        get => Volatile.Read(ref _retiredAt);
        set => Volatile.Write(ref _retiredAt, value);
    }

    /// <summary>As the runtime looks at an idle connection before it is used: what can be read from it is its end.</summary>
    public static bool IsOpen(TrackedStream stream)
    {
        try
        {
            return !stream.Socket.Poll(0, SelectMode.SelectRead);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>A connection is free: the longest waiting request has it, or it becomes idle.</summary>
    public void GiveBack(TrackedStream stream)
    {
        while (NextWaiting(stream) is SimulatedExchange exchange)
        {
            if (exchange.TrySend(stream))
            {
                return;
            }
        }
    }

    /// <summary>The headers of a request arrived, or it failed.</summary>
    public void NoteHeaders() => Interlocked.Decrement(ref _awaitingHeaders);

    /// <summary>Closes idle connections, as after the idle timeout.</summary>
    public void CloseIdle()
    {
        TrackedStream[] closing;
        lock (_sync)
        {
            closing = [.. _idle];
            _idle.Clear();
        }

        foreach (TrackedStream stream in closing)
        {
            stream.Dispose();
        }
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        SimulatedRequest simulated = (SimulatedRequest)request;
        if (Disposals > 0)
        {
            referee.Blame($"{simulated} reached the disposed handler of {Address}");
        }
        else if (simulated.Step > RetiredAt)
        {
            referee.Blame($"{simulated} reached {Address}, which drains since step {RetiredAt}");
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<HttpResponseMessage>(cancellationToken);
        }

        Interlocked.Increment(ref _awaitingHeaders);
        SimulatedExchange exchange = new(simulated, this, traffic);
        exchange.HeedCancellation(cancellationToken);
        SendOrConnect(exchange);
        return exchange.Headers;
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        SendAsync(request, cancellationToken).GetAwaiter().GetResult();

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        traffic.Tally.Count(Happening.HandlersDisposed);
        if (Interlocked.Increment(ref _disposals) > 1)
        {
            referee.Blame($"the handler of {Address} was disposed twice");
        }

        // Over HTTP/2 the runtime fails requests that are just starting while their handler is disposed.
        if (Volatile.Read(ref _awaitingHeaders) > 0)
        {
            referee.Blame($"the handler of {Address} was disposed while {_awaitingHeaders} requests were inside");
        }

        CloseIdle();
    }

    private void SendOrConnect(SimulatedExchange exchange)
    {
        while (TakeIdle(exchange) is TrackedStream idle)
        {
            if (!IsOpen(idle))
            {
                idle.Dispose();
                continue;
            }

            traffic.Tally.Count(Happening.SentOnIdleConnections);
            if (!exchange.TrySend(idle))
            {
                GiveBack(idle);
            }

            return;
        }

        traffic.Tally.Count(Happening.WaitedForAConnection);

        // The runtime always connects on another thread; on this one more comes together in one moment.
        _ = exchange.Request.Step % 3 == 0 ? Task.Run(() => ConnectAsync(exchange)) : ConnectAsync(exchange);
    }

    /// <summary>The idle connection that was used last; null when there is none, and then the request waits.</summary>
    private TrackedStream? TakeIdle(SimulatedExchange exchange)
    {
        lock (_sync)
        {
            if (_idle.Count == 0)
            {
                _waiting.Enqueue(exchange);
                return null;
            }

            TrackedStream idle = _idle[^1];
            _idle.RemoveAt(_idle.Count - 1);
            return idle;
        }
    }

    /// <summary>Who has a free connection next; null when nobody waits, and then it is taken care of.</summary>
    private SimulatedExchange? NextWaiting(TrackedStream stream)
    {
        lock (_sync)
        {
            if (_waiting.TryDequeue(out SimulatedExchange? exchange))
            {
                return exchange;
            }

            if (Disposals == 0 && _idle.Count < MaxIdle && IsOpen(stream))
            {
                _idle.Add(stream);
                return null;
            }
        }

        stream.Dispose();
        return null;
    }

    private async Task ConnectAsync(SimulatedExchange initiator)
    {
        SimulatedExchange? next = initiator;
        while (next is SimulatedExchange current)
        {
            try
            {
                TrackedStream stream = (TrackedStream)await dialer.ConnectAsync(_context, CancellationToken.None);
                if (network.BehaviourOf(Address) is not AddressBehaviour.BreaksHandshakes)
                {
                    traffic.Tally.Count(Happening.SentOnNewConnections);
                    GiveBack(stream);
                    return;
                }

                traffic.Tally.Count(Happening.HandshakesBroken);
                stream.Dispose();
                next = Failed(current, HttpRequestError.SecureConnectionError, new IOException("The handshake failed."));
            }
            catch (Exception exception)
            {
                next = Failed(current, HttpRequestError.ConnectionError, exception);
            }
        }
    }

    /// <summary>Who is to be connected for next.</summary>
    /// <remarks>As in the runtime: a request that was served otherwise leaves its failure to nobody, and somebody else may wait.</remarks>
    private SimulatedExchange? Failed(SimulatedExchange initiator, HttpRequestError kind, Exception exception)
    {
        if (initiator.TryFailToConnect(kind, exception))
        {
            return null;
        }

        lock (_sync)
        {
            while (_waiting.TryPeek(out SimulatedExchange? next))
            {
                if (next.IsWaiting)
                {
                    return next;
                }

                _waiting.Dequeue();
            }

            return null;
        }
    }
}
