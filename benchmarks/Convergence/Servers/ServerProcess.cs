using System.Globalization;
using Convergence.Stories;

namespace Convergence.Servers;

/// <summary>The process that has the servers of a story.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    public const int Port = 8080;

    private readonly ChildProcess _process;

    private ServerProcess(Speech speech) =>
        _process = ChildProcess.Start(PrivateNamespace.Program[0], [.. PrivateNamespace.Program[1..], "serve", $"{Port}", $"{speech}"]);

    public static async Task<ServerProcess> StartAsync(Story story)
    {
        ServerProcess servers = new(story.Speech);
        foreach (string address in story.Addresses)
        {
            await servers.OrderAsync(story.Dead.Contains(address) ? "dead" : story.Hanging.Contains(address) ? "hang" : "start", address);
        }

        return servers;
    }

    public async Task OrderAsync(string order, params string[] addresses)
    {
        foreach (string address in addresses)
        {
            string answer = await _process.AskAsync($"{order} {address}");
            if (answer != "done")
            {
                throw new InvalidOperationException($"The servers answered to '{order} {address}': {answer} {_process.Output}");
            }
        }
    }

    /// <summary>How many connections had been opened, at some timestamps.</summary>
    public async Task<IReadOnlyList<(long At, int Opened)>> HistoryAsync() =>
    [
        .. (await _process.AskAsync("history")).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(sample => sample.Split(':'))
            .Select(parts => (long.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture))),
    ];

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
