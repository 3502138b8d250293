using System.Collections.Concurrent;
using System.Net;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Simulation;

/// <summary>Compares the endpoints of a router with what DNS says.</summary>
internal sealed class Inspector(DnsCache cache, ManualTimeProvider clock, SimulatedName name, Referee referee)
{
    private static readonly TimeSpan MaxHold = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MaxGrace = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<IPAddress, ConcurrentQueue<SimulatedHandler>> _handlers = new();
    private readonly Dictionary<IPAddress, DateTimeOffset> _absentSince = [];
    private long _number;

    public IEnumerable<SimulatedHandler> Handlers => _handlers.Values.SelectMany(ofAddress => ofAddress);

    public void NoteMade(SimulatedHandler handler) =>
        _handlers.GetOrAdd(handler.Address, static _ => new ConcurrentQueue<SimulatedHandler>()).Enqueue(handler);

    /// <summary>The handlers of an address that are not disposed, a new one last.</summary>
    public SimulatedHandler[] HandlersOf(IPAddress address) =>
        [.. _handlers.TryGetValue(address, out ConcurrentQueue<SimulatedHandler>? made) ? made.Where(handler => handler.Disposals == 0) : []];

    /// <summary>Handlers that are over need not be looked at any more; there will be thousands.</summary>
    public void ForgetDisposed()
    {
        foreach (ConcurrentQueue<SimulatedHandler> ofAddress in _handlers.Values)
        {
            while (ofAddress.TryPeek(out SimulatedHandler? oldest) && oldest.Disposals == 1)
            {
                ofAddress.TryDequeue(out _);
                BlameIfBusy(oldest);
            }
        }
    }

    /// <summary>No pool may count a request that has ended.</summary>
    public void BlameForRequests()
    {
        foreach (SimulatedHandler handler in Handlers)
        {
            BlameIfBusy(handler);
        }
    }

    /// <summary>No new request may reach any handler made until now.</summary>
    public void RetireAll(long step) => Retire(Handlers, step);

    /// <summary>Looks whether all members are there, and nobody else.</summary>
    /// <returns>Whether the latest answer has been taken in.</returns>
    public bool Inspect(RequestRouter router, long step)
    {
        Retire(Handlers.Where(handler => handler.Pool is EndpointPool { Draining.IsCancellationRequested: true }), step);
        if (Look(router)?.Answer is not AnswerSnapshot answer)
        {
            return false;
        }

        // An answer is known before it is taken in; while no question is in flight, all are.
        bool isQuiet = cache.IsQuiet;
        if (!isQuiet || SimulatedName.NumberOf(answer.Latest) != name.Number || Look(router) is not OriginSnapshot origin)
        {
            return false;
        }

        IPAddress[] offered = Offered(origin);
        if (name.Addresses.Except(offered).Any() && Look(router) is OriginSnapshot again)
        {
            // One whose pool was renewed while we looked: the old one drained already, the new one was not there yet.
            offered = Offered(again);
        }

        BlameForMissing(offered);
        BlameForStaying(offered);
        return name.Addresses.Count > 0;
    }

    private static OriginSnapshot? Look(RequestRouter router) => router.Snapshot().SingleOrDefault();

    private static IPAddress[] Offered(OriginSnapshot origin) =>
        [.. origin.Endpoints.Where(endpoint => endpoint.State is not EndpointState.Draining).Select(endpoint => endpoint.Address.Address)];

    private static void Retire(IEnumerable<SimulatedHandler> handlers, long step)
    {
        foreach (SimulatedHandler handler in handlers)
        {
            handler.RetiredAt = Math.Min(handler.RetiredAt, step);
        }
    }

    private void BlameIfBusy(SimulatedHandler handler)
    {
        if (handler.Pool is { ActiveRequests: not 0 } pool)
        {
            referee.Blame($"the pool of {handler.Address} counts {pool.ActiveRequests} requests, but none is under way");
        }
    }

    private void BlameForMissing(IPAddress[] offered)
    {
        IPAddress[] missing = [.. name.Addresses.Except(offered)];
        if (missing.Length > 0)
        {
            referee.Blame($"{string.Join(", ", (object[])missing)} should be members");
        }
    }

    private void BlameForStaying(IPAddress[] offered)
    {
        DateTimeOffset now = clock.GetUtcNow();
        TimeSpan limit = name.Addresses.Count > 0 ? MaxHold : MaxGrace;
        if (_number != name.Number)
        {
            // Some may have been back in the meantime.
            _number = name.Number;
            _absentSince.Clear();
        }

        foreach (IPAddress address in offered.Except(name.Addresses))
        {
            if (_absentSince.TryAdd(address, now))
            {
                continue;
            }

            if (now - _absentSince[address] >= limit)
            {
                referee.Blame($"{address} is offered, but has been absent since {_absentSince[address]:T}");
            }
        }
    }
}
