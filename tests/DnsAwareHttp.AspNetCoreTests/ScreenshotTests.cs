
namespace DnsAwareHttp.AspNetCoreTests;

/// <summary>Takes the pictures of the documentation, if <c>DNSAWARE_SCREENSHOTS</c> names a folder for them.</summary>
public sealed class ScreenshotTests
{
    private static readonly string? Folder = Environment.GetEnvironmentVariable("DNSAWARE_SCREENSHOTS");

    [PictureFact]
    public async Task Pictures()
    {
        await using StatusHost host = await StatusHost.StartAsync();
        host.Dns.Says("api.example.com", 1, "127.0.0.1", "127.0.0.2");
        host.Dns.Says("pay.example.com", 1, "127.0.0.1", "127.0.0.2");
        host.Dns.Says("mail.example.com", 0, "127.0.0.3");
        using CancellationTokenSource stop = new();
        Task[] load = [.. Enumerable.Range(0, 3).Select(_ => LoadAsync(host, $"http://api.example.com:{host.Port}/whoami", stop.Token)),
            LoadAsync(host, $"http://pay.example.com:{host.Port}/whoami", stop.Token),
            LoadAsync(host, $"http://mail.example.com:{host.Port}/whoami", stop.Token)];
        using HttpResponseMessage slow = await host.Client.GetAsync(
            $"http://api.example.com:{host.Port}/gated", HttpCompletionOption.ResponseHeadersRead);
        await Task.Delay(9000);
        host.Dns.Fails("mail.example.com", "SERVFAIL from 10.0.0.2");
        host.Dns.Says("api.example.com", 5, "127.0.0.2", "127.0.0.3");
        host.Dns.Says("pay.example.com", 5, "127.0.0.1", "127.0.0.9");
        await Task.Delay(12_000);
        await using Chromium browser = await Chromium.StartAsync();
        await TakeAsync(browser, host, "status-light", 1280, 860, dark: false);
        await TakeAsync(browser, host, "status-dark", 1280, 860, dark: true);
        await TakeAsync(browser, host, "status-phone", 390, 844, dark: false, phone: true);
        await stop.CancelAsync();
        host.Server.Gate.SetResult();
        await Task.WhenAll(load);
    }

    private static async Task TakeAsync(Chromium browser, StatusHost host, string name, int width, int height, bool dark, bool phone = false)
    {
        await browser.ShowAsync(width, height, dark, phone);
        await browser.OpenAsync($"{host.Address}/dns-aware");
        await browser.UntilAsync("document.getElementById('live').textContent === 'live'");
        await File.WriteAllBytesAsync(Path.Combine(Folder!, $"{name}.png"), await browser.ScreenshotAsync());
    }

    private static async Task LoadAsync(StatusHost host, string address, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                _ = await host.Client.GetStringAsync(address, CancellationToken.None);
            }
            catch (HttpRequestException)
            {
                // Part of the picture.
            }

            await Task.Delay(20, CancellationToken.None);
        }
    }

    /// <summary>Not a check: without the folder it is skipped, and says so.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class PictureFactAttribute : FactAttribute
    {
        public PictureFactAttribute() => Skip = Folder is null ? "takes pictures for docs; DNSAWARE_SCREENSHOTS names their folder" : null;
    }
}
