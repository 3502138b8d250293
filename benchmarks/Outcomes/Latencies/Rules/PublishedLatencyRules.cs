namespace DnsAwareHttp.OutcomesBenchmark.Latencies.Rules;

/// <summary>A rule that counts its requests at each server.</summary>
/// <param name="servers">The number of servers.</param>
/// <param name="random">Draws.</param>
internal abstract class CountingRule(int servers, Random random) : ILatencyRule
{
    protected int Servers => servers;

    protected Random Random => random;

    /// <summary>The requests of this client at each server.</summary>
    protected int[] UnderWay { get; } = new int[servers];

    public abstract int Pick(double now);

    public object? OnSent(int server, double now)
    {
        UnderWay[server]++;
        return null;
    }

    public virtual void OnEnded(int server, object? sent, double latency, Ending ending, double now) => UnderWay[server]--;

    public virtual void Tick(double now)
    {
    }
}

/// <summary>Each server in turn: the library's RoundRobin, and the defaults of Envoy and gRPC.</summary>
internal sealed class RoundRobinRule(int servers, Random random) : CountingRule(servers, random)
{
    private int _turn = random.Next(servers);

    public override int Pick(double now) => _turn++ % Servers;
}

/// <summary>Envoy's LEAST_REQUEST and gRPC's least_request (A48) with their defaults: the less busy of two that are drawn at random.</summary>
internal sealed class LeastRequestRule(int servers, Random random) : CountingRule(servers, random)
{
    public override int Pick(double now)
    {
        (int one, int other) = (Random.Next(Servers), Random.Next(Servers));
        return UnderWay[other] < UnderWay[one] ? other : one;
    }
}

/// <summary>
/// linkerd's peak EWMA (tower::load::PeakEwma; Finagle's is the same but for a penalty): the cheaper of two, 30 ms at first, decay 10 s.
/// </summary>
internal sealed class LinkerdPeakEwma(int servers, Random random) : CountingRule(servers, random)
{
    private const double Decay = 10;
    private readonly double[] _latency = [.. Enumerable.Repeat(0.03, servers)];
    private readonly double[] _at = new double[servers];

    public override int Pick(double now)
    {
        int one = Random.Next(Servers);
        int other = (one + 1 + Random.Next(Servers - 1)) % Servers;
        return Cost(other, now) < Cost(one, now) ? other : one;
    }

    public override void OnEnded(int server, object? sent, double latency, Ending ending, double now)
    {
        base.OnEnded(server, sent, latency, ending, now);
        double left = Math.Exp((_at[server] - now) / Decay);
        _latency[server] = latency > _latency[server] ? latency : (_latency[server] * left) + (latency * (1 - left));
        _at[server] = now;
    }

    // Without requests the cost falls to nothing.
    private double Cost(int server, double now)
    {
        _latency[server] *= Math.Exp((_at[server] - now) / Decay);
        _at[server] = now;
        return _latency[server] * (UnderWay[server] + 1);
    }
}

/// <summary>Knows how long each server takes now, and the requests of all clients; looks at all servers. No client can do that.</summary>
internal sealed class Oracle(LatencyTrace trace, ServerLoads loads) : CountingRule(trace.Servers, new Random(1))
{
    public override int Pick(double now)
    {
        int best = 0;
        double least = double.MaxValue;
        int start = Random.Next(Servers);
        for (int step = 0; step < Servers; step++)
        {
            int server = (start + step) % Servers;
            double queue = Math.Max(1, (loads.Pending[server] + 1.0) / trace.Workers);
            double cost = trace.Distance(server) + (trace.MeanDrawn(trace.Mean(server, now)) * (queue + (0.001 * loads.Pending[server])) * (1 + (1000 * trace.Failures(server, now))));
            if (cost < least)
            {
                (best, least) = (server, cost);
            }
        }

        return best;
    }
}
