using DnsAwareHttp.Balancing;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Endpoints;

public sealed class HealthReportTests : IDisposable
{
    private readonly EndpointBench _bench = new();
    private readonly HealthReport _report;

    public HealthReportTests() => _report = new HealthReport(_bench.Scope);

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(0, 0, "There is no other address: requests keep trying it.")]
    [InlineData(1, 0, "Requests go to the other address.")]
    [InlineData(3, 1, "Requests go to the other 2 addresses.")]
    [InlineData(2, 2, "All 3 addresses fail: requests keep trying them.")]
    public async Task EndpointThatFails_IsReportedWithWhatHappensToRequests(int others, int failing, string consequence)
    {
        EndpointPool pool = await FailedAsync("10.0.0.1");
        List<EndpointPool> all = [pool];
        for (int index = 0; index < others; index++)
        {
            all.Add(index < failing ? await FailedAsync($"10.0.1.{index}") : _bench.Pool($"10.0.1.{index}"));
        }

        _report.OnHealthChanged(pool, SetOf(all));

        _bench.Log.TextsOf("EndpointFailing").Should().ContainSingle().Which
            .Should().StartWith("http://svc.test:80: 10.0.0.1 fails (Connection refused). ").And.Contain(consequence).And.EndWith("It is dialled again in the background.");
    }

    [Fact]
    public async Task EndpointThatConnectsAgain_IsReportedOnceWithTheTimeItFailed()
    {
        EndpointPool pool = await FailedAsync("10.0.0.1");
        _report.OnHealthChanged(pool, SetOf([pool]));
        _bench.Clock.Advance(TimeSpan.FromSeconds(90));
        _bench.Connect(pool);

        _report.OnHealthChanged(pool, SetOf([pool]));
        _report.OnHealthChanged(pool, SetOf([pool]));

        _bench.Log.TextsOf("EndpointRecovered").Should().Equal("http://svc.test:80: 10.0.0.1 connects again. It failed for 90.0 s.");
    }

    [Fact]
    public void EndpointThatNeverFailed_IsNotReported()
    {
        EndpointPool pool = _bench.Connected("10.0.0.1");

        _report.OnHealthChanged(pool, SetOf([pool]));

        _bench.Log.Events.Should().BeEmpty();
    }

    private async Task<EndpointPool> FailedAsync(string address)
    {
        _bench.Refuses(address);
        EndpointPool pool = _bench.Pool(address);
        await pool.DialAheadAsync();
        pool.Health.State.Should().Be(EndpointState.Failing);
        return pool;
    }

    private EndpointSet? SetOf(IEnumerable<EndpointPool> pools) =>
        EndpointSet.Of([.. pools.Select(pool => new EndpointPlacement(pool))], LoadBalancingPolicy.RoundRobin, _bench.Scope.Random, null);
}
