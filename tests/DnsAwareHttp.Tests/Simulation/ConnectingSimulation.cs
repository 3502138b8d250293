using System.Net;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Simulation;

/// <summary>Random requests to one origin on a random network, step by step.</summary>
/// <remarks>The same seed takes the same decisions, though threads meet otherwise.</remarks>
internal sealed class ConnectingSimulation : IDisposable
{
    private const int MaxOutstanding = 32;
    private const int AddressCount = 8;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly AddressBehaviour[] BadBehaviours =
        [.. Enum.GetValues<AddressBehaviour>().Where(behaviour => behaviour is not AddressBehaviour.Accepts)];

    private readonly int _seed;
    private readonly Random _random;
    private readonly DnsAwareOptions _options;
    private readonly IPAddress[] _addresses = [.. Enumerable.Range(1, AddressCount).Select(SimulatedWorld.Address)];
    private readonly SimulatedWorld _world;
    private readonly ManualTimeProvider _clock;
    private readonly SimulatedNetwork _network;
    private readonly SimulatedTraffic _traffic;
    private readonly SimulatedName _name;
    private readonly Referee _referee;
    private readonly Inspector _inspector;
    private readonly List<RequestRouter> _closed = [];
    private readonly Queue<string> _log = new();
    private RequestRouter _router;
    private IPAddress _anchor;
    private bool _isOutage;
    private long _phaseEnds;
    private long _step;

    public ConnectingSimulation(int seed, LoadBalancingPolicy policy, int? maxRequestsPerConnection)
    {
        _seed = seed;
        _random = new Random(seed);
        _options = new DnsAwareOptions
        {
            Membership = MembershipMode.Strict,
            LoadBalancing = policy,
            MaxRequestsPerConnection = maxRequestsPerConnection,
            OriginIdleTimeout = TimeSpan.FromSeconds(20),
        };
        _world = new SimulatedWorld(_options);
        _clock = _world.Clock;
        _network = _world.Network;
        _traffic = _world.Traffic;
        _name = _world.Name;
        _referee = _world.Referee;
        _inspector = _world.Inspector;
        _router = _world.OpenRouter();
        _anchor = _addresses[0];
        Heal();
    }

    public Tally Tally => _world.Tally;

    /// <summary>Takes so many steps, then lets everything end and looks that nothing is left.</summary>
    public void Run(long steps)
    {
        while (_step < steps)
        {
            if (_step >= _phaseEnds)
            {
                ChangePhase();
            }

            if (TryStep())
            {
                _step++;
                Tally.Count(Happening.Steps);
            }
            else
            {
                Thread.Yield();
            }

            if (_referee.HasBlamed)
            {
                throw Failure("against the rules");
            }
        }

        Finish();
    }

    public void Dispose()
    {
        _router.Close();
        _world.Dispose();
    }

    private bool TryStep() => _random.Next(2000) switch
    {
        < 520 => TrySend(),
        < 1130 => TryAnswer(),
        < 1650 => TryEndBody(),
        < 1670 => TryBreak(),
        < 1695 => TryCancel(),
        < 1705 => _network.BreakOne(_random),
        < 1720 => TryChangeBehaviour(),
        < 1760 => _network.DecideOne(_random),
        < 1766 => TryChangeAnswer(),
        < 1770 => TryTroubleName(),
        < 1940 => MoveClock(TimeSpan.FromMilliseconds(_random.Next(1, 200))),
        < 1955 => MoveClock(TimeSpan.FromMilliseconds(_random.Next(200, 4000))),
        < 1956 => MoveClock(TimeSpan.FromMilliseconds(_random.Next(4000, 40_000))),
        < 1958 => CloseIdle(AnyAddress()),
        < 1960 => RestartServer(),
        < 1964 => SendMany(),
        < 1998 => Inspect(),
        _ => TryRareThing(),
    };

    private bool TryRareThing() => _random.Next(10) switch
    {
        0 => CloseAndReopen(),
        1 => Rest(),
        _ => Tidy(),
    };

    private bool TrySend()
    {
        if (_referee.OutstandingCount >= MaxOutstanding)
        {
            return false;
        }

        SimulatedRequest request = new(_step);
        _referee.NoteBegin(request);
        _ = SendAsync(_router, request, async: true);
        return true;
    }

    private bool SendMany()
    {
        RequestRouter router = _router;
        int count = _random.Next(2, 10);
        bool isBlocking = _random.Next(6) == 0;
        for (int i = 0; i < count; i++)
        {
            SimulatedRequest request = new(_step);
            _referee.NoteBegin(request);
            Tally.Count(Happening.RequestsInBursts);
            _ = isBlocking
                ? Task.Factory.StartNew(
                    () => SendAsync(router, request, async: false), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                : Task.Run(() => SendAsync(router, request, async: true));
        }

        return true;
    }

    private async Task SendAsync(RequestRouter router, SimulatedRequest request, bool async)
    {
        Task<HttpResponseMessage> sending;
        try
        {
            sending = router.SendAsync(request, async, request.Cancellation.Token);
        }
        catch (Exception exception)
        {
            sending = Task.FromException<HttpResponseMessage>(exception);
        }

        if (!async)
        {
            Tally.Count(Happening.RequestsThatBlock);
            if (!sending.IsCompleted)
            {
                _referee.Blame($"{request} was sent synchronously and goes on");
            }
        }

        await _referee.WatchAsync(request, sending);
    }

    private bool TryAnswer()
    {
        HttpStatusCode status = _random.Next(50) == 0 ? HttpStatusCode.MisdirectedRequest : HttpStatusCode.OK;
        List<SimulatedExchange> silent = [];
        bool isDone = false;
        while (!isDone && _traffic.Sent.Draw(_random) is SimulatedExchange exchange)
        {
            if (_network.BehaviourOf(exchange.Address) is AddressBehaviour.IsSilent)
            {
                silent.Add(exchange);
            }
            else
            {
                isDone = exchange.TryAnswer(status);
            }
        }

        silent.ForEach(_traffic.Sent.Add);
        return isDone;
    }

    private bool TryEndBody()
    {
        while (_traffic.Bodies.Draw(_random) is SimulatedExchange exchange)
        {
            if (exchange.TryEndBody())
            {
                return true;
            }
        }

        return false;
    }

    private bool TryBreak() => (_random.Next(4) == 0 ? _traffic.Bodies : _traffic.Sent).Draw(_random)?.TryBreak() ?? false;

    /// <summary>All connections to an address break at once.</summary>
    private bool RestartServer()
    {
        Tally.Count(Happening.ServersRestarted);
        IPAddress address = AnyAddress();
        Log($"{address} restarts");
        foreach (Bag<SimulatedExchange> underWay in (Bag<SimulatedExchange>[])[_traffic.Sent, _traffic.Bodies])
        {
            underWay.DrawAll(exchange => exchange.Address.Equals(address)).ForEach(static exchange => exchange.TryBreak());
        }

        return CloseIdle(address);
    }

    private bool TryCancel()
    {
        SimulatedRequest[] outstanding = [.. _referee.Outstanding];
        if (outstanding.Length == 0)
        {
            return false;
        }

        Tally.Count(Happening.Cancelled);
        outstanding[_random.Next(outstanding.Length)].Cancellation.Cancel();
        return true;
    }

    private bool CloseIdle(IPAddress address)
    {
        foreach (SimulatedHandler handler in _inspector.HandlersOf(address))
        {
            handler.CloseIdle();
        }

        return true;
    }

    private bool MoveClock(TimeSpan by)
    {
        Tally.Count(Happening.ClockMoves);
        _clock.Advance(by);
        return true;
    }

    private bool TryChangeBehaviour()
    {
        IPAddress address = AnyAddress();
        if (!_isOutage && !MayGoBad(address))
        {
            return false;
        }

        AddressBehaviour next = _isOutage || _random.Next(2) == 0 ? AnyBadBehaviour() : AddressBehaviour.Accepts;
        if (next is not AddressBehaviour.Accepts)
        {
            _referee.NoteBad(address);
        }

        Become(address, next);
        return true;
    }

    private bool TryChangeAnswer()
    {
        if (_isOutage && _name.Addresses.Count == 0)
        {
            return false;
        }

        HashSet<IPAddress> next = [.. Enumerable.Range(0, _random.Next(1, 6)).Select(_ => AnyAddress())];
        if (!_isOutage && !next.Overlaps(_referee.Good))
        {
            IPAddress[] good = [.. _referee.Good];
            next.Add(good.Length > 0 ? good[_random.Next(good.Length)] : _anchor);
        }

        Say(next);
        return true;
    }

    private bool TryTroubleName()
    {
        Tally.Count(Happening.AnswersOfDnsHeld);
        if (_name.Fails)
        {
            _name.Recover();
        }
        else if (_random.Next(3) == 0)
        {
            _name.Fail();
        }
        else
        {
            _name.HoldOrRelease();
        }

        return true;
    }

    private bool Inspect()
    {
        Tally.Count(Happening.Inspections);
        if (_inspector.Inspect(_router, _step))
        {
            _referee.NoteWithAddress(_step);
            if (!_isOutage && _random.Next(4) == 0)
            {
                TryMakeGood(_random.Next(2) == 0 ? _anchor : _name.Addresses[_random.Next(_name.Addresses.Count)]);
            }
        }

        return true;
    }

    /// <summary>From now on requests can count on the address, for no dial is under way that began while it was bad.</summary>
    private void TryMakeGood(IPAddress address)
    {
        bool mayBeGood = _network.BehaviourOf(address) is AddressBehaviour.Accepts && _name.Addresses.Contains(address);
        if (!mayBeGood || _referee.Good.Contains(address))
        {
            return;
        }

        bool connects = false;
        foreach (SimulatedHandler handler in _inspector.HandlersOf(address))
        {
            Task<Exception?> dial = handler.Dialer.DialAheadAsync(CancellationToken.None);
            Await(dial, $"a dial of {address}");
            if (handler.Pool is EndpointPool { Draining.IsCancellationRequested: false })
            {
                connects = dial.Result is null;
            }
        }

        if (connects)
        {
            _referee.NoteGood(address, _step);
            Log($"{address} is good");
        }
    }

    private bool CloseAndReopen()
    {
        Tally.Count(Happening.RegistriesClosed);
        Log("the router is closed");
        _referee.NoteClosing(_step);
        _router.Close();
        _closed.Add(_router);
        _inspector.RetireAll(_step);
        _router = _world.OpenRouter();
        return true;
    }

    /// <summary>Nobody sends anything for so long that the origin is closed.</summary>
    private bool Rest()
    {
        Settle();
        foreach (SimulatedHandler handler in _inspector.Handlers)
        {
            handler.CloseIdle();
        }

        for (int i = 0; i < 8; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
        }

        if (!_router.Snapshot().Any())
        {
            Tally.Count(Happening.OriginsClosedUnused);
            Log("the origin is closed");
            _inspector.RetireAll(_step);
        }

        return true;
    }

    private bool Tidy()
    {
        _network.CountOpenFarEnds();
        _network.CountOpenNearEnds();
        _inspector.ForgetDisposed();
        return true;
    }

    private void ChangePhase()
    {
        _isOutage = !_isOutage;
        _phaseEnds = _step + (_isOutage ? _random.Next(10, _random.Next(2) == 0 ? 100 : 1500) : _random.Next(500, 6000));
        if (_isOutage)
        {
            Fall();
        }
        else
        {
            Heal();
        }
    }

    private void Fall()
    {
        Log("an outage begins");
        _referee.NoteAllBad();
        foreach (IPAddress address in _addresses)
        {
            Become(address, AnyBadBehaviour());
        }

        if (_random.Next(3) == 0)
        {
            _referee.NoteWithoutAddress();
            _name.SaysThatThereIsNone();
        }
    }

    private void Heal()
    {
        Log("all is well");
        bool keepsAnswer = _name.Addresses.Count > 0 && _random.Next(2) == 0;
        _anchor = keepsAnswer ? _name.Addresses[_random.Next(_name.Addresses.Count)] : AnyAddress();
        foreach (IPAddress address in _addresses.Where(address => !address.Equals(_anchor)))
        {
            Become(address, _random.Next(3) == 0 ? AddressBehaviour.Accepts : AnyBadBehaviour());
        }

        Become(_anchor, AddressBehaviour.Accepts);
        _name.Release();
        if (!keepsAnswer)
        {
            Say([_anchor, .. _addresses.Where(_ => _random.Next(3) == 0)]);
        }
        else if (_inspector.Inspect(_router, _step))
        {
            // At once: what is remembered of the outage may not harm those who come now.
            TryMakeGood(_anchor);
        }
    }

    private void Become(IPAddress address, AddressBehaviour behaviour)
    {
        Tally.Count(Happening.BehavioursChanged);
        Log($"{address} becomes {behaviour}");
        _network.Become(address, behaviour);
    }

    private void Say(HashSet<IPAddress> addresses)
    {
        foreach (IPAddress leaving in _addresses.Except(addresses))
        {
            _referee.NoteBad(leaving);
        }

        Tally.Count(Happening.AnswersOfDnsChanged);
        Log($"DNS says {string.Join(", ", addresses)}");
        _name.Says(addresses);
    }

    /// <summary>Whether requests can count on another address then, or will soon.</summary>
    private bool MayGoBad(IPAddress address)
    {
        ICollection<IPAddress> good = _referee.Good;
        return good.Count > 0 ? good.Any(other => !other.Equals(address)) : !address.Equals(_anchor);
    }

    private AddressBehaviour AnyBadBehaviour() => BadBehaviours[_random.Next(BadBehaviours.Length)];

    private IPAddress AnyAddress() => _addresses[_random.Next(_addresses.Length)];

    /// <summary>Everything under way comes to its end.</summary>
    private void Settle()
    {
        foreach (IPAddress silent in _addresses.Where(address => _network.BehaviourOf(address) is AddressBehaviour.IsSilent))
        {
            Become(silent, AddressBehaviour.Swallows);
        }

        Until(EverythingEnds, "all requests end");
    }

    private bool EverythingEnds()
    {
        while (TryAnswer() || TryEndBody() || _network.DecideOne(_random))
        {
            // More may have come meanwhile.
        }

        if (_referee.OutstandingCount > 0)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        return _referee.OutstandingCount == 0 && _traffic.Bodies.Count == 0;
    }

    private void Finish()
    {
        if (_isOutage)
        {
            ChangePhase();
        }

        Settle();
        Until(() => !Endpoints().Any(endpoint => endpoint.State is EndpointState.Draining), "all that left have drained");
        _inspector.BlameForRequests();
        _router.Close();
        Await(Task.WhenAll(_closed.Append(_router).Select(router => router.WhenDrained())), "all registries have drained");
        Await(_world.Cache.DisposeAsync().AsTask(), "the cache is closed");
        Until(NoTimerIsLeft, "no timer is left");
        Until(() => _network.CountOpenNearEnds() == 0, "all sockets are closed");
        Until(() => _network.CountOpenFarEnds() == 0, "no far end is left alone");
        Until(() => _network.Waiting == 0, "no connect is under way");
        Until(() => Tally[Happening.HandlersMade] == Tally[Happening.HandlersDisposed], "every handler is disposed");
        _inspector.BlameForRequests();
        if (Tally[Happening.Answered] != Tally[Happening.ResponsesDisposed])
        {
            _referee.Blame("not every response was disposed, or passed on");
        }

        if (_referee.HasBlamed)
        {
            throw Failure("against the rules, at the end");
        }
    }

    // Handlers may be dialling for requests that were cancelled. Those dials end with their timeout.
    private bool NoTimerIsLeft()
    {
        _clock.Advance(TimeSpan.FromSeconds(1));
        return _clock.ActiveTimers == 0;
    }

    private void Await(Task task, string what)
    {
        if (!task.Wait(Deadline))
        {
            throw Failure($"{what}: not within {Deadline}");
        }
    }

    private void Until(Func<bool> condition, string what)
    {
        if (!SpinWait.SpinUntil(() => condition() || _referee.HasBlamed, Deadline))
        {
            throw Failure($"{what}: not within {Deadline}");
        }
    }

    private IEnumerable<EndpointSnapshot> Endpoints() => _router.Snapshot().SelectMany(origin => origin.Endpoints);

    private void Log(string what)
    {
        _log.Enqueue($"{_step}: {what}");
        if (_log.Count > 40)
        {
            _log.Dequeue();
        }
    }

    private InvalidOperationException Failure(string what)
    {
        return new InvalidOperationException(string.Join(
            Environment.NewLine,
            [
                $"Seed {_seed}, {_options.LoadBalancing}, step {_step}: {what}",
                .. _referee.Blames.Take(5),
                "Good: " + string.Join(", ", _referee.Good),
                "Outstanding: " + string.Join("; ", _referee.Outstanding.Take(5)),
                .. Endpoints().Select(endpoint => endpoint.ToString()),
                Tally.ToString(),
                $"{_network.Waiting} connects wait, {_network.CountOpenNearEnds()} near and {_network.CountOpenFarEnds()} far ends are open",
                $"{_clock.ActiveTimers} timers run",
                .. _log,
            ]));
    }
}
