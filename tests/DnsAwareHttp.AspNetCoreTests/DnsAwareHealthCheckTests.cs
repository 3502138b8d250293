using System.Net;
using DnsAwareHttp.AspNetCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DnsAwareHttp.AspNetCoreTests;

public sealed class DnsAwareHealthCheckTests
{
    [Theory]
    [InlineData(3, 0, false, HealthStatus.Healthy)]
    [InlineData(3, 1, false, HealthStatus.Healthy)]
    [InlineData(3, 2, false, HealthStatus.Degraded)]
    [InlineData(3, 0, true, HealthStatus.Degraded)]
    [InlineData(3, 3, false, HealthStatus.Unhealthy)]
    [InlineData(0, 0, false, HealthStatus.Unhealthy)]
    public void Verdict_FollowsTheEndpointsAndTheAnswer(int endpoints, int failing, bool isStale, HealthStatus expected)
    {
        OriginVerdict verdict = OriginVerdicts.Of(Origin(endpoints, failing, isStale));

        (verdict switch { OriginVerdict.Down => HealthStatus.Unhealthy, OriginVerdict.Degraded => HealthStatus.Degraded, _ => HealthStatus.Healthy })
            .Should().Be(expected);
    }

    [Fact]
    public async Task Stale_IsDegraded_AndTheDataNamesTheOrigin()
    {
        await using StatusHost host = await StatusHost.StartAsync();
        HealthCheckService health = Health(host);
        host.Dns.Says("svc.test", 0, "127.0.0.1");
        _ = await host.GetAsync("svc.test");
        (await health.CheckHealthAsync()).Status.Should().Be(HealthStatus.Healthy);

        host.Dns.Fails("svc.test");
        await Eventually.Holds(() => host.Handler.GetSnapshot().Origins[0].Answer!.IsStale, "the failure is known");

        HealthReportEntry entry = (await health.CheckHealthAsync()).Entries["dns-aware-http"];
        entry.Status.Should().Be(HealthStatus.Degraded);
        entry.Data.Should().ContainKey($"orders: http://svc.test:{host.Port}").WhoseValue.ToString().Should().Contain("stale").And.Contain("SERVFAIL");
    }

    [Fact]
    public async Task AllFail_IsUnhealthy()
    {
        await using StatusHost host = await StatusHost.StartAsync();
        int closed = LoopbackServer.FreePort();
        host.Dns.Says("svc.test", 30, "127.0.0.1");
        await host.Client.Invoking(client => client.GetAsync($"http://svc.test:{closed}/")).Should().ThrowAsync<HttpRequestException>();

        HealthReportEntry entry = (await Health(host).CheckHealthAsync()).Entries["dns-aware-http"];

        entry.Status.Should().Be(HealthStatus.Unhealthy);
        entry.Data.Values.Single().ToString().Should().Contain("all 1 endpoints fail");
    }

    [Fact]
    public async Task OriginThatIsNotInUse_DoesNotCount()
    {
        await using StatusHost host = await StatusHost.StartAsync();
        await host.Client.Invoking(client => client.GetAsync("http://nowhere.test/")).Should().ThrowAsync<HttpRequestException>();
        HealthCheckService brief = Health(host, TimeSpan.FromTicks(1));

        await Eventually.Answers(async () => (await brief.CheckHealthAsync()).Status.ToString(), nameof(HealthStatus.Healthy));
        (await Health(host).CheckHealthAsync()).Status.Should().Be(HealthStatus.Unhealthy);
    }

    private static HealthCheckService Health(StatusHost host, TimeSpan? inUseFor = null)
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddDnsAwareStatus("orders", host.Handler);
        services.AddHealthChecks().AddDnsAwareHttp(inUseFor: inUseFor);
        return services.BuildServiceProvider().GetRequiredService<HealthCheckService>();
    }

    private static OriginSnapshot Origin(int endpoints, int failing, bool isStale) => new()
    {
        Origin = "http://svc.test:80",
        Host = "svc.test",
        Port = 80,
        Answer = new AnswerSnapshot
        {
            Latest = new Answer.Empty(EmptyReason.NxDomain, TimeSpan.Zero),
            Addresses = [],
            ReceivedAt = null,
            ExpiresAt = default,
            IsStale = isStale,
        },
        Endpoints = [.. Enumerable.Range(0, endpoints).Select(index => Endpoint(index < failing ? EndpointState.Failing : EndpointState.Ready))],
    };

    private static EndpointSnapshot Endpoint(EndpointState state) => new()
    {
        Address = new IPEndPoint(IPAddress.Loopback, 80),
        State = state,
        Reason = "",
        Since = default,
        ActiveRequests = 0,
        TotalRequests = 0,
        OpenConnections = 0,
        Membership = "present",
    };
}
