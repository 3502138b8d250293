using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;

namespace DnsAwareHttp.AspNetCoreTests;

/// <summary>A headless Chromium with one page, driven through the DevTools protocol.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _profile;
    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Dictionary<int, TaskCompletionSource<JsonElement>> _calls = [];
    private readonly List<string> _requests = [];
    private readonly List<string> _complaints = [];
    private int _lastCall;
    private Task? _reading;

    private Chromium(Process process, string profile) => (_process, _profile) = (process, profile);

    /// <summary>The program; null if this machine has none.</summary>
    public static string? Program { get; } =
        new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);

    /// <summary>The addresses that the page asked for.</summary>
    public IReadOnlyList<string> Requests => Copy(_requests);

    /// <summary>Errors of the console, of scripts, and of the content security policy.</summary>
    public IReadOnlyList<string> Complaints => Copy(_complaints);

    public static async Task<Chromium> StartAsync()
    {
        string profile = Directory.CreateTempSubdirectory("dnsaware-chromium").FullName;
        ProcessStartInfo start = new(Program!)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--hide-scrollbars", "--remote-debugging-port=0", $"--user-data-dir={profile}", "about:blank",
            },
        };
        Process process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Chromium chromium = new(process, profile);
        try
        {
            await chromium.ConnectAsync();
            return chromium;
        }
        catch
        {
            await chromium.DisposeAsync();
            throw;
        }
    }

    public async Task OpenAsync(string address)
    {
        await CallAsync("Page.navigate", new { url = address });
        await UntilAsync("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// <summary>The value of an expression in the page.</summary>
    public async Task<JsonElement> EvaluateAsync(string expression)
    {
        JsonElement answer = await CallAsync("Runtime.evaluate", new { expression, returnByValue = true });
        return answer.GetProperty("result").TryGetProperty("value", out JsonElement value) ? value : default;
    }

    public Task UntilAsync(string condition) => Eventually.Answers(
        async () => (await EvaluateAsync($"!!({condition})")).ToString(), bool.TrueString);

    public Task ShowAsync(int width, int height, bool dark, bool phone = false) => Task.WhenAll(
        CallAsync("Emulation.setDeviceMetricsOverride", new { width, height, deviceScaleFactor = phone ? 2 : 1, mobile = phone }),
        CallAsync("Emulation.setEmulatedMedia", new { features = new[] { new { name = "prefers-color-scheme", value = dark ? "dark" : "light" } } }));

    public Task ForbidScriptsAsync() => CallAsync("Emulation.setScriptExecutionDisabled", new { value = true });

    public async Task<byte[]> ScreenshotAsync() => (await CallAsync("Page.captureScreenshot", new { format = "png" })).GetProperty("data").GetBytesFromBase64();

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        if (_reading is not null)
        {
            await _reading;
        }

        _sending.Dispose();
        await Eventually.Holds(TryDeleteProfile, "the profile is deleted");
    }

    private bool TryDeleteProfile()
    {
        try
        {
            Directory.Delete(_profile, recursive: true);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task ConnectAsync()
    {
        string file = Path.Combine(_profile, "DevToolsActivePort");
        await Eventually.Holds(() => File.Exists(file) && File.ReadAllLines(file).Length >= 2, "Chromium listens");
        string port = (await File.ReadAllLinesAsync(file))[0];
        using HttpClient client = new();
        string? page = null;
        await Eventually.Answers(
            async () =>
            {
                using JsonDocument targets = JsonDocument.Parse(await client.GetStringAsync($"http://127.0.0.1:{port}/json/list"));
                page = targets.RootElement.EnumerateArray().Where(target => target.GetProperty("type").GetString() == "page")
                    .Select(target => target.GetProperty("webSocketDebuggerUrl").GetString()).FirstOrDefault();
                return (page is not null).ToString();
            },
            bool.TrueString);
        await _socket.ConnectAsync(new Uri(page!), CancellationToken.None);
        _reading = ReadAsync();
        foreach (string domain in new[] { "Page", "Runtime", "Network", "Log" })
        {
            await CallAsync($"{domain}.enable", new { });
        }
    }

    private async Task<JsonElement> CallAsync(string method, object parameters)
    {
        int id = Interlocked.Increment(ref _lastCall);
        TaskCompletionSource<JsonElement> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_calls)
        {
            _calls[id] = answer;
        }

        byte[] message = JsonSerializer.SerializeToUtf8Bytes(new { id, method, @params = parameters });
        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }

        return await answer.Task.WaitAsync(Deadline);
    }

    private async Task ReadAsync()
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                using MemoryStream message = new();
                ValueWebSocketReceiveResult received;
                do
                {
                    received = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                    message.Write(buffer, 0, received.Count);
                }
                while (!received.EndOfMessage);
                using JsonDocument json = JsonDocument.Parse(message.ToArray());
                Take(json.RootElement.Clone());
            }
        }
        catch (Exception)
        {
            // The browser ended.
        }
    }

    private void Take(JsonElement message)
    {
        if (message.TryGetProperty("id", out JsonElement id))
        {
            TaskCompletionSource<JsonElement>? call;
            lock (_calls)
            {
                _calls.Remove(id.GetInt32(), out call);
            }

            if (message.TryGetProperty("error", out JsonElement error))
            {
                call?.TrySetException(new InvalidOperationException(error.ToString()));
            }
            else
            {
                call?.TrySetResult(message.GetProperty("result"));
            }

            return;
        }

        JsonElement details = message.GetProperty("params");
        switch (message.GetProperty("method").GetString())
        {
            case "Network.requestWillBeSent":
                Note(_requests, details.GetProperty("request").GetProperty("url").GetString()!);
                break;
            case "Runtime.exceptionThrown":
            case "Log.entryAdded" when details.GetProperty("entry").GetProperty("level").GetString() is "error" or "warning":
            case "Runtime.consoleAPICalled" when details.GetProperty("type").GetString() is "error" or "warning":
                Note(_complaints, details.ToString());
                break;
        }
    }

    private static void Note(List<string> list, string entry)
    {
        lock (list)
        {
            list.Add(entry);
        }
    }

    private static string[] Copy(List<string> list)
    {
        lock (list)
        {
            return [.. list];
        }
    }
}
