using System.Net;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Tests.Simulation;

/// <summary>One request inside an endpoint's handler: it waits for a connection, is sent, is answered, its body ends.</summary>
internal sealed class SimulatedExchange(SimulatedRequest request, SimulatedHandler handler, SimulatedTraffic traffic)
{
    // Half of them go on on the thread that answers, the other half elsewhere.
    private readonly TaskCompletionSource<HttpResponseMessage> _headers =
        new(request.Step % 2 == 0 ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None);

    private readonly Lock _sync = new();
    private Phase _phase = Phase.Waiting;
    private TrackedStream? _stream;
    private CancellationTokenRegistration _cancellation;

    private enum Phase
    {
        Waiting,
        Sent,
        Body,
        Over,
    }

    public SimulatedRequest Request => request;

    public IPAddress Address => handler.Address;

    /// <summary>Whether it waits for a connection.</summary>
    public bool IsWaiting
    {
        get
        {
            lock (_sync)
            {
                return _phase is Phase.Waiting;
            }
        }
    }

    public Task<HttpResponseMessage> Headers => _headers.Task;

    public void HeedCancellation(CancellationToken cancellationToken) =>
        _cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((SimulatedExchange)state!).Cancel(token), this);

    /// <summary>Puts the request on a connection, unless it waits for none any more.</summary>
    public bool TrySend(TrackedStream stream)
    {
        lock (_sync)
        {
            if (_phase is not Phase.Waiting)
            {
                return false;
            }

            _phase = Phase.Sent;
            _stream = stream;
            request.NoteSent(handler.Address.ToString());
        }

        traffic.Sent.Add(this);
        return true;
    }

    /// <summary>No connection could be had for it.</summary>
    /// <returns>False when it waits for none any more.</returns>
    public bool TryFailToConnect(HttpRequestError kind, Exception cause)
    {
        if (!TryEnd(Phase.Waiting, out _))
        {
            return false;
        }

        request.Note($"not connected to {handler.Address}: {cause.Message}");
        handler.NoteHeaders();
        _headers.SetException(new HttpRequestException(kind, $"{cause.Message} (svc.test:80)", cause));
        return true;
    }

    /// <summary>Its headers arrive, unless its connection is broken.</summary>
    public bool TryAnswer(HttpStatusCode status)
    {
        lock (_sync)
        {
            if (_phase is not Phase.Sent)
            {
                return false;
            }

            if (!SimulatedHandler.IsOpen(_stream!))
            {
                request.NoteBroken();
            }
            else
            {
                _phase = Phase.Body;
            }
        }

        if (request.WasBroken)
        {
            return TryBreak();
        }

        _cancellation.Unregister();
        traffic.Tally.Count(Happening.Answered);
        if (status is HttpStatusCode.MisdirectedRequest)
        {
            traffic.Tally.Count(Happening.Misdirected);
            request.NoteMisdirected();
        }

        traffic.Bodies.Add(this);
        handler.NoteHeaders();
        _headers.SetResult(new SimulatedResponse(status, traffic.Tally));
        return true;
    }

    /// <summary>The connection can be used again.</summary>
    public bool TryEndBody()
    {
        if (!TryEnd(Phase.Body, out TrackedStream? stream))
        {
            return false;
        }

        handler.GiveBack(stream!);
        return true;
    }

    /// <summary>The connection breaks before the answer, or in the midst of the body.</summary>
    public bool TryBreak()
    {
        if (TryEnd(Phase.Body, out TrackedStream? stream))
        {
            traffic.Tally.Count(Happening.BrokenInTheBody);
            stream!.Dispose();
            return true;
        }

        if (!TryEnd(Phase.Sent, out stream))
        {
            return false;
        }

        traffic.Tally.Count(Happening.BrokenBeforeTheAnswer);
        request.NoteBroken();
        request.Note("broken");
        stream!.Dispose();
        handler.NoteHeaders();
        _headers.SetException(new HttpRequestException(
            HttpRequestError.ResponseEnded, "The response ended prematurely.", new HttpIOException(HttpRequestError.ResponseEnded)));
        return true;
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        if (TryEnd(Phase.Waiting, out _))
        {
            handler.NoteHeaders();
            _headers.SetCanceled(cancellationToken);
        }
        else if (TryEnd(Phase.Sent, out TrackedStream? stream))
        {
            // As over HTTP/1.1: nobody can say where on this connection the next response would begin.
            stream!.Dispose();
            handler.NoteHeaders();
            _headers.SetCanceled(cancellationToken);
        }
    }

    private bool TryEnd(Phase expected, out TrackedStream? stream)
    {
        lock (_sync)
        {
            stream = _stream;
            if (_phase != expected)
            {
                return false;
            }

            _phase = Phase.Over;
            return true;
        }
    }
}
