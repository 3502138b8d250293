using System.Diagnostics;
using Xunit.Abstractions;

namespace DnsAwareHttp.Tests.Simulation;

[Collection(nameof(Alone))]
public sealed class ConnectingSimulationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, LoadBalancingPolicy.LeastRequests, null)]
    [InlineData(2, LoadBalancingPolicy.RoundRobin, null)]
    [InlineData(3, LoadBalancingPolicy.PickFirst, null)]
    [InlineData(4, LoadBalancingPolicy.LeastRequests, 20)]
    [InlineData(5, LoadBalancingPolicy.PeakEwma, null)]
    public async Task ManyRandomSteps_NoRequestIsLostAndNothingIsLeft(int seed, LoadBalancingPolicy policy, int? maxRequestsPerConnection)
    {
        using ConnectingSimulation simulation = new(seed, policy, maxRequestsPerConnection);
        Stopwatch watch = Stopwatch.StartNew();

        // A thread of its own: the simulation waits for what the others do.
        await Task.Factory.StartNew(
            () => simulation.Run(260_000), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        output.WriteLine($"{policy}, seed {seed}, {watch.Elapsed.TotalSeconds:0.0} s: {simulation.Tally}");
        simulation.Tally[Happening.EndedWell].Should().BePositive();
    }
}
