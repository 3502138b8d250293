using System.Diagnostics;
using Convergence.Contenders;
using Convergence.Servers;
using Convergence.Stories;

namespace Convergence.Measuring;

/// <summary>One story, played for one contender.</summary>
internal sealed class Play(Story story, Contender contender, int clients, Pace pace)
{
    /// <summary>Requests of each client in a second, sent when they are due.</summary>
    public const int PerSecond = 25;

    private readonly List<TakenStep> _taken = [];

    public async Task<Recording> RunAsync(CancellationToken cancellationToken)
    {
        await using ServerProcess servers = await ServerProcess.StartAsync(story);
        await using DnsmasqServer dns = await DnsmasqServer.StartAsNameServerAsync(pace.TtlSeconds, Hosts(story.First));
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

    private async Task<Recording> RunAsync(IAsker[] askers, ServerProcess servers, DnsmasqServer dns, CancellationToken cancellationToken)
    {
        TimeSpan beginning = pace.Ttls(story.Beginning);
        long start = Stopwatch.GetTimestamp();
        Task<Samples> load = SteadyLoad.RunAsync(
            turn => askers[turn % Begun(Stopwatch.GetElapsedTime(start) / beginning)].AskAsync(), PerSecond * clients, beginning + pace.Ttls(story.Quiet + story.After));
        await Task.Delay(beginning, cancellationToken);
        long began = Stopwatch.GetTimestamp();
        (TimeSpan cpu, long bytes, int queries) = (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(), Queries(dns));
        await Task.Delay(pace.Ttls(story.Quiet), cancellationToken);
        double queriesPerSecond = (Queries(dns) - queries) / Stopwatch.GetElapsedTime(began).TotalSeconds;
        await TakeStepsAsync(servers, dns, cancellationToken);
        queriesPerSecond = story.Freshness is null ? (Queries(dns) - queries) / Stopwatch.GetElapsedTime(began).TotalSeconds : queriesPerSecond;
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

    private static string Hosts(IEnumerable<string> addresses) => string.Concat(addresses.Select(address => $"{address} {Service.Host}\n"));

    private static int Queries(DnsmasqServer dns) => dns.Log.Split($"] {Service.Host} from ").Length - 1;

    // One client after the other begins.
    private int Begun(double share) => Math.Clamp((int)(share * clients) + 1, 1, clients);

    private async Task TakeStepsAsync(ServerProcess servers, DnsmasqServer dns, CancellationToken cancellationToken)
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

    private static Task TakeAsync(Step step, ServerProcess servers, DnsmasqServer dns) => step.Kind switch
    {
        StepKind.Says => dns.SaysAsync(Hosts(step.Addresses)),
        StepKind.Stop => servers.OrderAsync("stop", step.Addresses),
        StepKind.Silence => servers.OrderAsync("silence", step.Addresses),
        StepKind.BrownOut => servers.OrderAsync("brown-out", step.Addresses),
        StepKind.DnsFalls => dns.PauseAsync(),
        _ => dns.ResumeAsync(),
    };
}
