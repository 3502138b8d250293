using System.Diagnostics;
using System.Net;
using Convergence.Contenders;
using Convergence.Servers;
using Convergence.Stories;

namespace Convergence.Measuring;

/// <summary>One story, played for one contender.</summary>
internal sealed class Play(Story story, Contender contender, int clients, Pace pace)
{
    // All clients have begun after this share of the beginning.
    private const double Settling = 0.8;

    private readonly IPEndPoint _nameServer = new(IPAddress.Loopback, 53);
    private readonly List<TakenStep> _taken = [];

    public async Task<Recording> RunAsync(CancellationToken cancellationToken)
    {
        await using ServerProcess servers = await ServerProcess.StartAsync(story);
        await using NamedServer dns = await NamedServer.StartAsNameServerAsync(Records(story.First));
        Service service = new(ServerProcess.Port, story.Speech, pace);
        IAsker[] askers = [.. Enumerable.Range(0, clients).Select(_ => contender.Make(service))];
        try
        {
            return await RunAsync(askers, servers, dns, cancellationToken);
        }
        finally
        {
            foreach (IAsker asker in askers)
            {
                await asker.DisposeAsync();
            }
        }
    }

    private async Task<Recording> RunAsync(IAsker[] askers, ServerProcess servers, NamedServer dns, CancellationToken cancellationToken)
    {
        TimeSpan beginning = pace.Ttls(story.Beginning);
        long start = Stopwatch.GetTimestamp();
        Task<Samples> load = SteadyLoad.RunAsync(
            turn => askers[turn % Begun(Stopwatch.GetElapsedTime(start) / beginning)].AskAsync(), story.PerSecond * clients, beginning + pace.Ttls(story.Learning + story.Quiet + story.After));
        await Task.Delay(beginning, cancellationToken);
        Task steps = story.Freshness is null ? TakeStepsAsync(servers, dns, cancellationToken) : Task.CompletedTask;
        await Task.Delay(pace.Ttls(story.Learning), cancellationToken);
        long began = Stopwatch.GetTimestamp();
        (TimeSpan cpu, long bytes, int queries) = (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(), Queries(dns));
        await Task.Delay(pace.Ttls(story.Quiet), cancellationToken);
        await steps;
        double queriesPerSecond = (Queries(dns) - queries) / Stopwatch.GetElapsedTime(began).TotalSeconds;
        await (story.Freshness is null ? Task.CompletedTask : TakeStepsAsync(servers, dns, cancellationToken));
        Sample[] samples = [.. (await load).All.Where(sample => sample.Due >= began)];
        return new Recording
        {
            Story = story,
            Contender = contender,
            Pace = pace,
            Clients = clients,
            Began = began,
            Samples = samples,
            Steps = _taken,
            Connections = await servers.HistoryAsync(),
            QueriesPerSecond = queriesPerSecond,
            CpuPerRequest = (Environment.CpuUsage.TotalTime - cpu) / samples.Length,
            BytesPerRequest = (GC.GetTotalAllocatedBytes() - bytes) / samples.Length,
        };
    }

    private static int Queries(NamedServer dns) => dns.Log.Split($"query: {Service.Host} IN ").Length - 1;

    private string Records(IEnumerable<string> addresses) => string.Join('\n', addresses.Select(address => $"svc {pace.TtlSeconds} IN A {address}"));

    // One client after the other begins.
    private int Begun(double share) => Math.Clamp((int)(share / Settling * clients) + 1, 1, clients);

    private async Task TakeStepsAsync(ServerProcess servers, NamedServer dns, CancellationToken cancellationToken)
    {
        long change = Stopwatch.GetTimestamp();
        foreach (Step step in story.Steps)
        {
            TimeSpan left = pace.Ttls(step.At) - Stopwatch.GetElapsedTime(change);
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
            await TakeAsync(step, servers, dns);
            _taken.Add(new TakenStep(step, Stopwatch.GetTimestamp()));
        }
    }

    private Task TakeAsync(Step step, ServerProcess servers, NamedServer dns) => step.Kind switch
    {
        StepKind.Says => DnsUpdate.SendAsync(_nameServer, Service.Host, pace.TtlSeconds, step.Addresses),
        StepKind.Stop => servers.OrderAsync("stop", step.Addresses),
        StepKind.Silence => servers.OrderAsync("silence", step.Addresses),
        StepKind.BrownOut => servers.OrderAsync("brown-out", step.Addresses),
        StepKind.DnsFalls => dns.PauseAsync(),
        _ => dns.ResumeAsync(),
    };
}
