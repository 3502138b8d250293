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
        EndpointPool pool = new(dialer, new StubEndpoint(yields: false), static () => DateTimeOffset.UnixEpoch)
        {
            Timing = Policy is LoadBalancingPolicy.PeakEwma ? new PoolTiming(_clock) : null,
        };
        dialer.Dialled!(number % 100 < Failing ? new IOException("refused") : null);
        Answer(pool);
        return new EndpointPlacement(pool);
    }

    // Something is known of each: all are alike.
    private static void Answer(EndpointPool pool)
    {
        for (int answer = 0; answer < 10 && pool.Timing is not null; answer++)
        {
            pool.Timing.OnAnswered(pool.Timing.OnSent(isAtOnce: true), isGood: true);
        }
    }
}
