using System.Net;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Health;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.OutcomesBenchmark.Latencies.Rules;

/// <summary>The library's own pickers and pools, on simulated servers. No endpoint is ejected.</summary>
internal sealed class LibraryPicker : ILatencyRule
{
    private readonly SimulatedTime _time = new();
    private readonly EndpointPool[] _pools;
    private readonly Dictionary<EndpointPool, int> _numbers = [];
    private readonly EndpointSet _set;

    public LibraryPicker(int servers, LoadBalancingPolicy policy, Random random)
    {
        RequestClock? clock = policy is LoadBalancingPolicy.PeakEwma ? new RequestClock(_time) : null;
        _pools = [.. Enumerable.Range(0, servers).Select(number => MakePool(number, clock))];
        Array.ForEach(_pools, pool => _numbers.Add(pool, _numbers.Count));
        _set = EndpointSet.Of([.. _pools.Select(static pool => new EndpointPlacement(pool))], policy, random, before: null)!;
    }

    public int Pick(double now)
    {
        _time.Now = now;
        return _numbers[_set.Picker.Pick()];
    }

    public object? OnSent(int server, double now)
    {
        _time.Now = now;
        _pools[server].TryEnter(out GateLease lease);
        return lease;
    }

    public void OnEnded(int server, object? sent, double latency, Ending ending, double now)
    {
        _time.Now = now;
        EndpointPool pool = _pools[server];
        using GateLease lease = (GateLease)sent!;
        if (ending is Ending.GivenUp)
        {
            lease.OnUnanswered(isGivenUp: true);
        }
        else
        {
            lease.OnAnswered(isGood: ending is Ending.Answered);
        }

        if (ending is Ending.Failed)
        {
            pool.Outcomes.OnBad(new BadOutcome("503"), static () => []);
        }
    }

    public void Tick(double now)
    {
        _time.Now = now;
        Array.ForEach(_pools, static pool => pool.SampleForSilence());
    }

    private EndpointPool MakePool(int number, RequestClock? clock)
    {
        IPEndPoint address = new(new IPAddress([10, 0, (byte)(number >> 8), (byte)number]), 80);
        EndpointDialer dialer = new(new DnsEndPoint("svc.test", 80), address, new DialSettings(TimeSpan.FromSeconds(5), null, TimeProvider.System));
        dialer.Streams.Http2.Join(int.MaxValue);
        return new EndpointPool(dialer, new SocketsHttpHandler(), () => DateTimeOffset.UnixEpoch.AddSeconds(_time.Now), limits: new PoolLimits { Clock = clock });
    }

    private sealed class SimulatedTime : TimeProvider
    {
        public double Now { get; set; }

        public override long TimestampFrequency => 10_000_000;

        public override long GetTimestamp() => (long)(Now * TimestampFrequency);
    }
}
