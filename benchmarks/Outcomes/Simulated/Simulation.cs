using DnsAwareHttp.OutcomesBenchmark.Policies;
using DnsAwareHttp.OutcomesBenchmark.Traces;

namespace DnsAwareHttp.OutcomesBenchmark.Simulated;

/// <summary>Runs one rule over one trace on a clock of its own, request by request.</summary>
internal sealed class Simulation
{
    private const double TickInterval = 0.25;

    private readonly Trace _trace;
    private readonly Random _random;
    private readonly IOutcomePolicy[] _clients;
    private readonly bool[,] _wasOut;
    private readonly PriorityQueue<(int Client, int Server, bool Failed), double> _ends = new();
    private readonly Score _score;

    private Simulation(Trace trace, Func<int, Random, IOutcomePolicy> make, int seed)
    {
        _trace = trace;
        _score = new Score(trace);
        _random = new Random(seed);
        _clients = [.. Enumerable.Range(0, trace.Clients).Select(client => make(trace.Endpoints, new Random(seed + (1000 * (client + 1)))))];
        _wasOut = new bool[trace.Clients, trace.Endpoints];
    }

    public static Score Run(Trace trace, Func<int, Random, IOutcomePolicy> make, int seed) => new Simulation(trace, make, seed).Run();

    private Score Run()
    {
        double now = 0;
        double nextTick = TickInterval;
        double end = _trace.Length.TotalSeconds;
        while (now < end)
        {
            now += -Math.Log(1 - _random.NextDouble()) / _trace.Rate;
            while (true)
            {
                double ended = _ends.TryPeek(out _, out double at) ? at : double.MaxValue;
                if (Math.Min(ended, nextTick) > now)
                {
                    break;
                }

                if (ended <= nextTick)
                {
                    (int client, int server, bool failed) = _ends.Dequeue();
                    _clients[client].OnEnded(server, failed, ended);
                    Look(client, ended);
                }
                else
                {
                    Tick(nextTick);
                    nextTick += TickInterval;
                }
            }

            Send(now);
        }

        return _score;
    }

    private void Tick(double now)
    {
        for (int client = 0; client < _clients.Length; client++)
        {
            _clients[client].Tick(now);
            Look(client, now);
        }
    }

    private void Send(double now)
    {
        int client = _clients.Length == 1 ? 0 : _random.Next(_clients.Length);
        int server = _clients[client].Pick(now);
        if (server < 0)
        {
            _score.OnRequest(now, server, isSick: false, failed: true);
            return;
        }

        _clients[client].OnSent(server);
        Behaviour behaviour = _trace.Behave(server, now);
        bool failed = behaviour.FailurePart > 0 && _random.NextDouble() < behaviour.FailurePart;
        double time = failed ? behaviour.FailureLatency : behaviour.Latency * (0.8 + (0.4 * _random.NextDouble()));
        bool isLate = time > _trace.CallerTimeout;
        _score.OnRequest(now, server, !_trace.AllAreAlike && behaviour.IsSick, failed || isLate);
        _ends.Enqueue((client, server, failed || isLate), now + Math.Min(time, _trace.CallerTimeout));
    }

    // Ejections are counted from outside, so that all rules are counted alike.
    private void Look(int client, double now)
    {
        int outNow = 0;
        for (int server = 0; server < _trace.Endpoints; server++)
        {
            bool isOut = _clients[client].IsOut(server);
            outNow += isOut ? 1 : 0;
            if (isOut && !_wasOut[client, server])
            {
                _score.OnEjected(isNeeded: _trace.IsSick(server, now));
            }

            _wasOut[client, server] = isOut;
        }

        _score.OnOut(now, (double)outNow / _trace.Endpoints);
    }
}
