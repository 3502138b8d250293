using System.Collections.Concurrent;
using System.Net;

namespace DnsAwareHttp.Tests.Simulation;

/// <summary>Judges how each request ends, and keeps what went against the rules.</summary>
internal sealed class Referee(Tally tally)
{
    private readonly ConcurrentDictionary<IPAddress, long> _goodSince = new();
    private readonly ConcurrentDictionary<SimulatedRequest, bool> _outstanding = new();
    private readonly ConcurrentQueue<string> _blames = new();
    private long _lastClosing = -1;
    private long _lastWithoutAddress = long.MaxValue;
    private volatile bool _hasBlamed;

    public bool HasBlamed => _hasBlamed;

    public IEnumerable<string> Blames => _blames;

    /// <summary>Requests that have not ended.</summary>
    public ICollection<SimulatedRequest> Outstanding => _outstanding.Keys;

    public int OutstandingCount => _outstanding.Count;

    /// <summary>Addresses that are members and accept: while there is one, no request may fail for want of a connection.</summary>
    public ICollection<IPAddress> Good => _goodSince.Keys;

    /// <summary>Requests made after this step can count on the address, as long as it is good.</summary>
    public void NoteGood(IPAddress address, long step) => _goodSince.TryAdd(address, step);

    /// <summary>To be called before the address goes bad.</summary>
    public void NoteBad(IPAddress address) => _goodSince.TryRemove(address, out _);

    public void NoteAllBad() => _goodSince.Clear();

    /// <summary>From now on the name may be without an address.</summary>
    public void NoteWithoutAddress() => Volatile.Write(ref _lastWithoutAddress, long.MaxValue);

    /// <summary>From now on the name has an address.</summary>
    public void NoteWithAddress(long step)
    {
        if (Volatile.Read(ref _lastWithoutAddress) == long.MaxValue)
        {
            Volatile.Write(ref _lastWithoutAddress, step);
        }
    }

    /// <summary>Requests made until now may find the registry closed.</summary>
    public void NoteClosing(long step) => Volatile.Write(ref _lastClosing, step);

    public void Blame(string what)
    {
        _blames.Enqueue(what);
        _hasBlamed = true;
    }

    /// <summary>The request is about to be sent.</summary>
    public void NoteBegin(SimulatedRequest request)
    {
        tally.Count(Happening.Requests);
        _outstanding[request] = true;
    }

    /// <summary>Waits for the end of a request and judges it. Never fails.</summary>
    public async Task WatchAsync(SimulatedRequest request, Task<HttpResponseMessage> sending)
    {
        string? wrong;
        try
        {
            HttpResponseMessage response = await sending;
            response.Dispose();
            wrong = request.TimesSent == 0 ? "succeeded, but was never sent" : null;
            tally.Count(Happening.EndedWell);
        }
        catch (Exception exception)
        {
            wrong = Judge(request, exception);
        }

        if (request.TimesSent > 1 + Math.Min(1, request.TimesMisdirected))
        {
            wrong = $"was sent {request.TimesSent} times; {wrong}";
        }

        if (wrong is not null)
        {
            Blame($"{request} {wrong}");
        }

        if (!_outstanding.TryRemove(request, out _))
        {
            Blame($"{request} ended twice");
        }
    }

    /// <summary>What is wrong about an error; null when it is as it should be.</summary>
    private string? Judge(SimulatedRequest request, Exception exception)
    {
        switch (exception)
        {
            case OperationCanceledException:
                tally.Count(Happening.EndedCancelled);
                return request.Cancellation.IsCancellationRequested ? null : $"was cancelled by nobody: {exception}";
            case HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded }:
                tally.Count(Happening.EndedBroken);
                return request.WasBroken ? null : $"failed, but nothing broke: {exception}";
            case HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError }:
                tally.Count(Happening.EndedUnconnected);
                return OfUnconnected(request, exception);
            case HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError }:
                tally.Count(Happening.EndedWithoutAddress);
                return Volatile.Read(ref _lastWithoutAddress) >= request.Step ? null : $"found no address, but the name has some: {exception}";
            case ObjectDisposedException { ObjectName: "DnsAwareHttp.DnsAwareHandler" }:
                tally.Count(Happening.EndedByClosing);
                return Volatile.Read(ref _lastClosing) < request.Step ? $"found a closed registry: {exception}" : null;
            default:
                return $"failed in an unknown way: {exception}";
        }
    }

    private string? OfUnconnected(SimulatedRequest request, Exception exception)
    {
        if (request.TimesSent > 0)
        {
            return $"failed to connect, but was sent: {exception}";
        }

        foreach ((IPAddress address, long since) in _goodSince)
        {
            if (since < request.Step)
            {
                return $"could not be connected, but {address} has accepted since step {since}: {exception}";
            }
        }

        bool isOfSeveral = exception.Message.StartsWith("All ", StringComparison.Ordinal);
        bool saysWhere = exception.Message.Contains("(svc.test:80)", StringComparison.Ordinal)
            && (!isOfSeveral || exception.Message.Contains("10.9.0.", StringComparison.Ordinal));
        return saysWhere ? null : $"failed without a word about where: {exception}";
    }
}
