using System.Net;
using BenchmarkDotNet.Attributes;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Benchmarks;

/// <summary>What one pick costs, by policy and number of endpoints.</summary>
[MemoryDiagnoser]
public class PickBenchmark
{
    private readonly RequestClock _clock = new(TimeProvider.System);
    private IEndpointPicker _picker = null!;

    [Params(1, 4, 64, 1_000)]
    public int Endpoints { get; set; }

    [Params(LoadBalancingPolicy.LeastRequests, LoadBalancingPolicy.PeakEwma, LoadBalancingPolicy.RoundRobin, LoadBalancingPolicy.PickFirst)]
    public LoadBalancingPolicy Policy { get; set; }

    /// <summary>Of a hundred, so many endpoints fail.</summary>
    [Params(0, 10)]
    public int Failing { get; set; }

    [GlobalSetup]
    public void Setup() => _picker = EndpointSet.Of([.. Enumerable.Range(0, Endpoints).Select(MakePlacement)], Policy, Random.Shared, before: null)!.Picker;

    [Benchmark]
    public object Pick() => _picker.Pick();

    private EndpointPlacement MakePlacement(int number)
    {
        IPEndPoint address = new(new IPAddress([10, 0, (byte)(number >> 8), (byte)number]), 80);
        EndpointDialer dialer = new(new DnsEndPoint("svc.test", 80), address, new DialSettings(TimeSpan.FromSeconds(5), null, TimeProvider.System));
        EndpointPool pool = new(dialer, new StubEndpoint(yields: false), static () => DateTimeOffset.UnixEpoch,
            limits: new PoolLimits { Clock = Policy is LoadBalancingPolicy.PeakEwma ? _clock : null });
        dialer.Dialled!(number % 100 < Failing ? new IOException("refused") : null);
        Answer(pool);
        return new EndpointPlacement(pool);
    }

    // Something is known of each: all are alike.
    private static void Answer(EndpointPool pool)
    {
        for (int answer = 0; answer < 10 && pool.Outcomes.Timing is PoolTiming timing; answer++)
        {
            timing.OnAnswered(timing.OnSent(isAtOnce: true), isGood: true);
        }
    }
}
