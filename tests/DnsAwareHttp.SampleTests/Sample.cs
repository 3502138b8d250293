using System.Diagnostics;
using System.Reflection;

namespace DnsAwareHttp.SampleTests;

/// <summary>A sample that runs, and what it wrote.</summary>
internal sealed class Sample : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];

    private Sample(string name, IEnumerable<string> arguments)
    {
        string program = Path.Combine(Folder, name, Metadata("Output"), $"{name}.dll");
        _process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [program, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The folder of all samples.</summary>
    public static string Folder => Metadata("Samples");

    public bool HasEnded => _process.HasExited;

    /// <summary>The lines of standard output so far.</summary>
    public IReadOnlyList<string> Output => Copy(_output);

    /// <summary>The lines of standard error so far.</summary>
    public IReadOnlyList<string> Errors => Copy(_errors);

    /// <summary>Starts a sample that goes on until it is disposed.</summary>
    public static Sample Start(string name, params string[] arguments) => new(name, arguments);

    /// <summary>Waits until it ends by itself, and tells its exit code.</summary>
    public async Task<int> EndAsync()
    {
        using CancellationTokenSource late = new(Deadline);
        await _process.WaitForExitAsync(late.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await EndAsync();
        }

        _process.Dispose();
    }

    public override string ToString() => string.Join('\n', [.. Output, .. Errors]);

    private static string Metadata(string key) =>
        typeof(Sample).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == key).Value!;

    private static void Keep(List<string> lines, string? line)
    {
        if (line is not null)
        {
            lock (lines)
            {
                lines.Add(line);
            }
        }
    }

    private static string[] Copy(List<string> lines)
    {
        lock (lines)
        {
            return [.. lines];
        }
    }
}
