using DnsAwareHttp.Balancing;
using DnsAwareHttp.Health;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Balancing;

public sealed class GivingWayTests : IDisposable
{
    private readonly EndpointBench _bench = new();
    private readonly Random _random = new(1);

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void FullShare_GivesNoTurnAway() => Part(_bench.Connected("10.0.0.1"), _bench.Connected("10.0.0.2")).Should().Be(0);

    [Fact]
    public void AfterFailures_MostTurnsGoToTheOther()
    {
        EndpointPool failing = _bench.Connected("10.0.0.1");
        Fail(failing, 9);

        Part(failing, _bench.Connected("10.0.0.2")).Should().BeInRange(0.85, 0.95);
    }

    [Fact]
    public void BothFailAlike_NoTurnIsGivenAway()
    {
        EndpointPool one = _bench.Connected("10.0.0.1");
        EndpointPool other = _bench.Connected("10.0.0.2");
        Fail(one, 9);
        Fail(other, 9);

        Part(one, other).Should().Be(0);
    }

    [Fact]
    public void TheOtherMustOpenAConnection_ItTakesTheTurnOfOneThatFailsAtOnce()
    {
        EndpointPool failing = _bench.Connected("10.0.0.1");
        EndpointPool unconnected = _bench.Pool("10.0.0.2");
        Fail(failing, 2);
        Part(failing, unconnected).Should().Be(0, "single failures are no reason for a new connection");

        Fail(failing, 7);

        Part(failing, unconnected).Should().BeInRange(0.85, 0.95);
        Part(unconnected, failing).Should().Be(0);
    }

    private static void Fail(EndpointPool pool, int times)
    {
        for (int i = 0; i < times; i++)
        {
            pool.Outcomes.OnBad(new BadOutcome("503"), static () => []);
        }
    }

    private double Part(EndpointPool picked, EndpointPool other) =>
        Enumerable.Range(0, 2000).Count(_ => GivingWay.Does(picked, other, _random)) / 2000.0;
}
