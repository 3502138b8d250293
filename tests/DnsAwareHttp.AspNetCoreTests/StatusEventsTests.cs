using System.Diagnostics;
using System.Net;
using System.Text.Json;
using DnsAwareHttp.AspNetCore;

namespace DnsAwareHttp.AspNetCoreTests;

public sealed class StatusEventsTests
{
    [Fact]
    public async Task Stream_TellsAllSectionsFirst_ThenThoseThatChanged()
    {
        await using StatusHost host = await StatusHost.StartAsync();
        host.Dns.Says("svc.test", 30, "127.0.0.1");
        _ = await host.GetAsync("svc.test");
        using StreamReader events = await OpenAsync(host);

        JsonElement first = await NextAsync(events);
        first.GetProperty("ids").GetArrayLength().Should().Be(2);
        first.GetProperty("html").EnumerateObject().Should().HaveCount(2);

        host.Dns.Says("other.test", 30, "127.0.0.2");
        _ = await host.GetAsync("other.test");
        JsonElement next;
        do
        {
            next = await NextAsync(events);
        }
        while (next.GetProperty("ids").GetArrayLength() < 3);

        next.GetProperty("html").EnumerateObject().Should().Contain(section => section.Value.GetString()!.Contains("other.test"));
    }

    [Fact]
    public async Task ManyChanges_AreToldTwiceASecondAtMost()
    {
        await using StatusHost host = await StatusHost.StartAsync();
        host.Dns.Says("svc.test", 30, "127.0.0.1");
        using CancellationTokenSource stop = new();
        Task load = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                _ = await host.GetAsync("svc.test");
            }
        });
        using StreamReader events = await OpenAsync(host);
        _ = await NextAsync(events);
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < 4; i++)
        {
            _ = await NextAsync(events);
        }

        // A late reader may find two that wait.
        Stopwatch.GetElapsedTime(began).Should().BeGreaterThan(TimeSpan.FromSeconds(1));
        await stop.CancelAsync();
        await load;
    }

    [Fact]
    public async Task Shutdown_EndsTheStreams()
    {
        await using StatusHost host = await StatusHost.StartAsync();
        using StreamReader events = await OpenAsync(host);
        _ = await NextAsync(events);

        await host.StopAsync().WaitAsync(TimeSpan.FromSeconds(20));

        (await events.ReadToEndAsync()).Should().NotBeNull();
    }

    [Fact]
    public async Task TooManyStreams_AreRefused_AndOneThatEndsMakesRoom()
    {
        await using StatusHost host = await StatusHost.StartAsync();
        List<StreamReader> open = [];
        for (int i = 0; i < StatusEvents.MaxStreams; i++)
        {
            open.Add(await OpenAsync(host));
        }

        (await StatusAsync(host)).Should().Be(HttpStatusCode.ServiceUnavailable);
        open[0].Dispose();
        await Eventually.Answers(async () => (await StatusAsync(host)).ToString(), nameof(HttpStatusCode.OK));
        open.ForEach(reader => reader.Dispose());
    }

    private static async Task<HttpStatusCode> StatusAsync(StatusHost host)
    {
        using HttpResponseMessage response = await host.Browser.GetAsync("/dns-aware/events", HttpCompletionOption.ResponseHeadersRead);
        return response.StatusCode;
    }

    private static async Task<StreamReader> OpenAsync(StatusHost host) => new(await host.Browser.GetStreamAsync("/dns-aware/events"));

    private static async Task<JsonElement> NextAsync(StreamReader events)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        string? line;
        do
        {
            line = await events.ReadLineAsync(deadline.Token);
        }
        while (line is not null && !line.StartsWith("data: ", StringComparison.Ordinal));

        using JsonDocument json = JsonDocument.Parse(line!["data: ".Length..]);
        return json.RootElement.Clone();
    }
}
