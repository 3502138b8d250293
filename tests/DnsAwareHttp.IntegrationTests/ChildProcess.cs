using System.Diagnostics;
using System.Text;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>A program that a test runs, and ends by its id.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private ChildProcess(string program, IEnumerable<string> arguments)
    {
        string path = Machine.PathOf(program) ?? throw new InvalidOperationException($"This machine has no {program}, and DNSAWARE_REQUIRE_SERVERS=1 says that it must.");
        _process = new Process { StartInfo = new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true } };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    /// <summary>What it wrote so far, to both streams.</summary>
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

    /// <summary>Starts a program that goes on until it is disposed.</summary>
    public static ChildProcess Start(string program, params string[] arguments) => new(program, arguments);

    /// <summary>Runs a program to its end, or ends it: when the token says so, without one after a minute.</summary>
    /// <exception cref="InvalidOperationException">Its exit code is not 0; the message has its output.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, string? input = null, CancellationToken end = default)
    {
        await using ChildProcess child = new(program, arguments);
        if (input is not null)
        {
            await child._process.StandardInput.WriteAsync(input);
        }

        child._process.StandardInput.Close();
        using CancellationTokenSource late = new(Deadline);
        await child._process.WaitForExitAsync(end.CanBeCanceled ? end : late.Token);
        return child._process.ExitCode == 0
            ? child.Output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit code {child._process.ExitCode}: {child.Output}");
    }

    /// <summary>Writes a line to it and waits for the line that it answers.</summary>
    public async Task<string> AskAsync(string line)
    {
        int before = Output.Length;
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
        await Eventually.Holds(() => Output.IndexOf('\n', before) >= 0 || HasEnded, $"an answer to {line}");
        return Output[before..].Trim();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            using CancellationTokenSource deadline = new(Deadline);
            await _process.WaitForExitAsync(deadline.Token);
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
