namespace DnsAwareHttp.OutcomesBenchmark.Latencies;

/// <summary>Runs one rule over one trace on a clock of its own, request by request. Servers have queues.</summary>
internal sealed class LatencySimulation
{
    private const double TickInterval = 0.25;

    private readonly LatencyTrace _trace;
    private readonly Random _random;
    private readonly ILatencyRule[] _clients;
    private readonly int[] _working;
    private readonly Queue<Request>[] _queues;
    private readonly PriorityQueue<(Request Request, Event What), double> _events = new();
    private readonly LatencyScore _score = new();

    private LatencySimulation(LatencyTrace trace, Func<LatencyTrace, Random, ServerLoads, ILatencyRule> make, int seed)
    {
        _trace = trace;
        _random = new Random(seed);
        Loads = new ServerLoads(trace);
        _clients = [.. Enumerable.Range(0, trace.Clients).Select(client => make(trace, new Random(seed + (1000 * (client + 1))), Loads))];
        _working = new int[trace.Servers];
        _queues = [.. Enumerable.Range(0, trace.Servers).Select(static _ => new Queue<Request>())];
    }

    private ServerLoads Loads { get; }

    public static LatencyScore Run(LatencyTrace trace, Func<LatencyTrace, Random, ServerLoads, ILatencyRule> make, int seed) =>
        new LatencySimulation(trace, make, seed).Run();

    private LatencyScore Run()
    {
        double now = 0;
        double nextTick = TickInterval;
        while (now < _trace.Length)
        {
            now += -Math.Log(1 - _random.NextDouble()) / _trace.Rate;
            while (true)
            {
                double next = _events.TryPeek(out _, out double at) ? at : double.MaxValue;
                if (Math.Min(next, nextTick) > now)
                {
                    break;
                }

                if (next <= nextTick)
                {
                    (Request request, Event what) = _events.Dequeue();
                    OnEvent(request, what, next);
                }
                else
                {
                    Array.ForEach(_clients, client => client.Tick(nextTick));
                    nextTick += TickInterval;
                }
            }

            Send(now);
        }

        return _score;
    }

    private void Send(double now)
    {
        int client = _random.Next(_clients.Length);
        int server = _clients[client].Pick(now);
        bool isLongPoll = _random.NextDouble() < _trace.LongPolls;
        Request request = new(client, server, now, _clients[client].OnSent(server, now))
        {
            IsLongPoll = isLongPoll,
            Fails = _random.NextDouble() < _trace.Failures(server, now),
        };
        Loads.Pending[server]++;
        if (now >= _trace.Onset && !isLongPoll)
        {
            _score.OnSent(server < _trace.Sick);
        }

        if (!isLongPoll)
        {
            _events.Enqueue((request, Event.TimeOut), now + _trace.CallerTimeout);
        }

        if (isLongPoll || request.Fails || _working[server] < _trace.Workers)
        {
            Work(request, now);
        }
        else
        {
            _queues[server].Enqueue(request);
        }
    }

    private void Work(Request request, double now)
    {
        bool isQuick = request.IsLongPoll || request.Fails;
        _working[request.Server] += isQuick ? 0 : 1;
        double time = request.IsLongPoll ? 30 * _random.NextDouble()
            : request.Fails ? 0.001
            : _trace.Draw(_random, _trace.Mean(request.Server, now));
        _events.Enqueue((request, Event.Worked), now + time);
    }

    private void OnEvent(Request request, Event what, double now)
    {
        if (what is Event.Worked)
        {
            _events.Enqueue((request, Event.Arrived), now + _trace.Distance(request.Server));
            if (!request.IsLongPoll && !request.Fails)
            {
                WorkOn(request.Server, now);
            }
        }
        else if (!request.IsOver)
        {
            request.IsOver = true;
            End(request, what is Event.TimeOut ? Ending.GivenUp : request.Fails ? Ending.Failed : Ending.Answered, now);
        }
    }

    private void WorkOn(int server, double now)
    {
        _working[server]--;
        while (_queues[server].TryDequeue(out Request? next))
        {
            if (!next.IsOver)
            {
                Work(next, now);
                break;
            }
        }
    }

    private void End(Request request, Ending ending, double now)
    {
        Loads.Pending[request.Server]--;
        double latency = now - request.SentAt;
        _clients[request.Client].OnEnded(request.Server, request.Sent, latency, ending, now);
        if (request.SentAt >= _trace.Onset && !request.IsLongPoll)
        {
            _score.OnEnded(latency, ending);
        }
    }

    private enum Event
    {
        Worked,
        Arrived,
        TimeOut,
    }

    private sealed record Request(int Client, int Server, double SentAt, object? Sent)
    {
        public bool IsLongPoll { get; init; }

        public bool Fails { get; init; }

        public bool IsOver { get; set; }
    }
}

/// <summary>What no client can know: the requests of all clients at each server.</summary>
internal sealed class ServerLoads(LatencyTrace trace)
{
    public int[] Pending { get; } = new int[trace.Servers];
}
