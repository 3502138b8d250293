using System.Diagnostics;

namespace DnsAwareHttp.AspNetCoreTests;

/// <summary>The page in a real browser.</summary>
public sealed class BrowserTests
{
    private const string Evil = "<script>document.title='taken'</script>";

    [BrowserFact]
    public async Task FlipUnderLoad_ShowsWithin2SecondsWithoutReload_AndNothingElseIsAskedFor()
    {
        await using StatusHost host = await StatusHost.StartAsync(Evil);
        host.Dns.Says("svc.test", 0, "127.0.0.1");
        using CancellationTokenSource stop = new();
        Task load = Task.Run(() => LoadAsync(host, stop.Token));
        await using Chromium browser = await Chromium.StartAsync();
        await browser.OpenAsync($"{host.Address}/dns-aware");
        await browser.UntilAsync("document.getElementById('live').textContent === 'live'");
        await browser.EvaluateAsync("window.before = 'kept'");

        host.Dns.Says("svc.test", 0, "127.0.0.2");
        await Eventually.Holds(() => Takes(host, "127.0.0.2"), "the handler follows");
        long followed = Stopwatch.GetTimestamp();
        await browser.UntilAsync($"document.querySelector('.e-on th')?.textContent === '127.0.0.2:{host.Port}'");

        Stopwatch.GetElapsedTime(followed).Should().BeLessThan(TimeSpan.FromSeconds(2));
        await browser.UntilAsync("document.body.innerText.includes('127.0.0.1') && document.querySelector('.e-gone, .e-drain') !== null");
        (await browser.EvaluateAsync("window.before")).GetString().Should().Be("kept", "the page was not loaded again");
        (await browser.EvaluateAsync("document.title")).GetString().Should().Be("DnsAwareHttp", "a name is text");
        (await browser.EvaluateAsync("document.querySelector('h2').textContent")).GetString().Should().Contain(Evil);
        browser.Complaints.Should().BeEmpty();
        browser.Requests.Should().OnlyContain(address => address.StartsWith($"{host.Address}/dns-aware") || address == "data:,");
        await stop.CancelAsync();
        await load;
    }

    [BrowserFact]
    public async Task WithoutScripts_ThePageLoadsItselfAgain()
    {
        await using StatusHost host = await StatusHost.StartAsync();
        await using Chromium browser = await Chromium.StartAsync();
        await browser.ForbidScriptsAsync();
        await browser.OpenAsync($"{host.Address}/dns-aware");
        host.Dns.Says("svc.test", 30, "127.0.0.1");
        _ = await host.GetAsync("svc.test");

        await Eventually.Holds(() => browser.Requests.Count(address => address.EndsWith("/dns-aware", StringComparison.Ordinal)) > 1, "it loads again");
        browser.Requests.Should().NotContain(address => address.EndsWith("/events", StringComparison.Ordinal));
    }

    private static bool Takes(StatusHost host, string address) => host.Handler.GetSnapshot().Origins
        .SelectMany(origin => origin.Endpoints).Any(endpoint => endpoint.IsPreferred && endpoint.Address.Address.ToString() == address);

    private static async Task LoadAsync(StatusHost host, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            _ = await host.GetAsync("svc.test");
            await Task.Delay(5, CancellationToken.None);
        }
    }
}
