using System.Text.Json;
using DnsAwareHttp.AspNetCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DnsAwareHttp.AspNetCoreTests;

/// <summary>Handlers that the container makes are shown, too: AddDnsAwareStatus with a function.</summary>
public sealed class HandlerOfTheContainerTests
{
    [Fact]
    public async Task AHandlerOfTheContainer_IsMadeOnce_ShownAndDisposedByIt()
    {
        int made = 0;
        DnsAwareHandler? handler = null;
        await using (StatusHost host = await StatusHost.StartAsync(configure: builder =>
        {
            builder.Services.AddSingleton(_ =>
            {
                made++;
                return new DnsAwareHandler();
            });
            builder.Services.AddDnsAwareStatus("reports", services => handler = services.GetRequiredService<DnsAwareHandler>());
        }))
        {
            made.Should().Be(0, "nobody looked yet");
            (await HandlersAsync(host)).Should().Equal("orders", "reports");
            (await HandlersAsync(host)).Should().Equal("orders", "reports");
            made.Should().Be(1);
        }

        using HttpMessageInvoker invoker = new(handler!, disposeHandler: false);
        using HttpRequestMessage request = new(HttpMethod.Get, "http://127.0.0.1:1/");
        await invoker.Invoking(client => client.SendAsync(request, CancellationToken.None)).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public async Task AHandlerThatIsNoServiceOfTheContainer_IsNotDisposedByIt()
    {
        using DnsAwareHandler handler = new();
        await using (StatusHost host = await StatusHost.StartAsync(
            configure: builder => builder.Services.AddDnsAwareStatus("own", _ => handler)))
        {
            (await HandlersAsync(host)).Should().Contain("own");
        }

        using HttpMessageInvoker invoker = new(handler, disposeHandler: false);
        using HttpRequestMessage request = new(HttpMethod.Get, "http://127.0.0.1:1/");
        await invoker.Invoking(client => client.SendAsync(request, CancellationToken.None)).Should().ThrowAsync<HttpRequestException>();
    }

    [Fact]
    public async Task AHandlerOfTheContainer_CountsForTheHealthCheck()
    {
        await using StatusHost host = await StatusHost.StartAsync();
        await host.Client.Invoking(client => client.GetAsync("http://nowhere.test/")).Should().ThrowAsync<HttpRequestException>();
        ServiceCollection services = new();
        services.AddLogging();
        services.AddDnsAwareStatus("orders", _ => host.Handler);
        services.AddHealthChecks().AddDnsAwareHttp();
        await using ServiceProvider provider = services.BuildServiceProvider();

        HealthReport report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        report.Status.Should().Be(HealthStatus.Unhealthy);
    }

    [Fact]
    public void AFunctionThatReturnsNull_IsAnErrorThatNamesIt()
    {
        ServiceCollection services = new();
        services.AddDnsAwareStatus("orders", _ => null!);
        using ServiceProvider provider = services.BuildServiceProvider();

        provider.Invoking(static container => new StatusSource(container).Read())
            .Should().Throw<InvalidOperationException>().WithMessage("*'orders'*");
    }

    private static async Task<IEnumerable<string>> HandlersAsync(StatusHost host)
    {
        using JsonDocument status = JsonDocument.Parse(await host.Browser.GetStringAsync("/dns-aware/json"));
        return [.. status.RootElement.GetProperty("handlers").EnumerateObject().Select(handler => handler.Name)];
    }
}
