using System.Diagnostics;
using System.Text;

namespace ReadmeHost;

/// <summary>A program that was made of one piece of the documentation.</summary>
internal sealed class SnippetProgram : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    /// <param name="folder">That of its project, built.</param>
    /// <param name="certificateFile">The certificate to trust.</param>
    public SnippetProgram(string folder, string certificateFile)
    {
        string program = Directory
            .GetFiles(Path.Combine(folder, "bin"), $"{Path.GetFileName(folder)}.dll", SearchOption.AllDirectories).Single();
        ProcessStartInfo start = new("dotnet", [program])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["SSL_CERT_FILE"] = certificateFile;
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        foreach (string proxy in start.Environment.Keys.Where(key => key.EndsWith("_proxy", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(proxy);
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it wrote so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Waits until it has written a text, and returns the rest of that line.</summary>
    public async Task<string> WroteAsync(string text)
    {
        using CancellationTokenSource late = new(Deadline);
        while (true)
        {
            string output = Output;
            int at = output.IndexOf(text, StringComparison.Ordinal);
            if (at >= 0)
            {
                return output[(at + text.Length)..].Split('\n')[0].Trim();
            }

            if (_process.HasExited || late.IsCancellationRequested)
            {
                throw new SnippetException($"it did not write '{text}'");
            }

            await Task.Delay(50);
        }
    }

    /// <summary>Waits until it ends by itself, well.</summary>
    public async Task EndsAsync()
    {
        using CancellationTokenSource late = new(Deadline);
        await _process.WaitForExitAsync(late.Token);
        if (_process.ExitCode != 0)
        {
            throw new SnippetException($"exit code {_process.ExitCode}");
        }
    }

    /// <summary>Asks it to end, as a service manager does.</summary>
    public async Task StopsAsync()
    {
        using Process kill = Process.Start("kill", ["-TERM", _process.Id.ToString()]);
        await kill.WaitForExitAsync();
        await EndsAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_output)
        {
            _output.Append(line).Append('\n');
        }
    }
}
