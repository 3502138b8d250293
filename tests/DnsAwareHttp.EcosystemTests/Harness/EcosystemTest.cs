using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit.Abstractions;

namespace DnsAwareHttp.EcosystemTests.Harness;

/// <summary>What each client must stand: flips of DNS, and the end of one of three servers.</summary>
public abstract class EcosystemTest(ITestOutputHelper output, HttpProtocols protocols = HttpProtocols.Http1) : IAsyncLifetime
{
    protected Fleet Fleet { get; private set; } = null!;

    public async Task InitializeAsync() => Fleet = await StartFleetAsync();

    public async Task DisposeAsync() => await Fleet.DisposeAsync();

    /// <summary>Adds services to each server.</summary>
    protected virtual void Configure(WebApplicationBuilder builder)
    {
    }

    /// <summary>Adds endpoints to each server.</summary>
    protected virtual void Map(WebApplication app) => app.MapAddresses();

    /// <summary>Makes calls while DNS flips: no call fails, and the new servers are followed in time.</summary>
    protected async Task FlipAsync(Func<Task<string>> call)
    {
        LoadReport report = await new LightLoad(Fleet, call).FlipAsync();
        output.WriteLine($"{LightLoad.Flips} flips: {report}, longest lag {report.LongestLag.TotalMilliseconds:0} ms");
        report.Failures.Should().BeEmpty();
        report.LongestLag.Should().BeLessThan(LoadReport.MaxLag);
    }

    /// <summary>Kills one of three servers: at most the calls that it had fail, and not more than with the bare handler.</summary>
    /// <param name="callOver">Makes a client over a handler; the client makes one call at a time, each of some 50 ms.</param>
    protected async Task KillOneAsync(Func<Fleet, HttpMessageHandler, Func<Task<string>>> callOver)
    {
        await using Fleet other = await StartFleetAsync();
        using HttpMessageHandler ours = Fleet.MakeHandler();
        using HttpMessageHandler bare = other.MakeBare();

        LoadReport[] reports = await Task.WhenAll(
            new LightLoad(Fleet, callOver(Fleet, ours)).KillOneAsync(),
            new LightLoad(other, callOver(other, bare)).KillOneAsync());

        output.WriteLine($"one of three killed: {reports[0]}; bare: {reports[1]}");
        reports[0].FailuresAfterKill.Should().BeEmpty();

        // By chance the bare handler may have had few calls at a point at which they can be lost.
        int bound = Math.Max(reports[1].Failures.Count, LightLoad.ShareOfOneServer);
        reports[0].Failures.Count.Should().BeLessThanOrEqualTo(bound);
    }

    private Task<Fleet> StartFleetAsync() => Fleet.StartAsync(protocols, Configure, Map);
}
