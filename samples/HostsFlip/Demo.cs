using System.Diagnostics;

namespace HostsFlip;

/// <summary>The story: two servers, two clients, one name that changes its address.</summary>
internal static class Demo
{
    public static async Task<Recording> RunAsync(DemoOptions options, LiveView view, CancellationToken cancellationToken)
    {
        TaskCompletionSource flipped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource closing = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LocalServers servers = await LocalServers.StartAsync(flipped.Task, cancellationToken);
        using IFlippingHosts hosts = options.EtcHosts ? new SystemHosts() : new PrivateHosts();
        hosts.PointTo(servers.First.Address);
        view.Introduce(hosts, servers);

        using Clients clients = new(hosts);
        Stopwatch clock = Stopwatch.StartNew();
        Traffic plain = new(clients.Plain, servers.ShopAt(hosts.Name), servers.Second.Address, clock);
        Traffic ours = new(clients.DnsAware, servers.ShopAt(hosts.Name), servers.Second.Address, clock);
        Download download = new(clients.DnsAware, servers.ParcelAt(hosts.Name), clock);

        Task traffic = Task.WhenAll(plain.RunAsync(closing.Task, cancellationToken), ours.RunAsync(closing.Task, cancellationToken));
        Task<DownloadRun> downloading = download.RunAsync(cancellationToken);
        Task watching = view.WatchAsync(plain, ours, download, clock, traffic, cancellationToken);

        // The flip comes in the middle of the download.
        await clock.WaitUntilAsync(Schedule.Flip, cancellationToken);
        await download.HasBegun.WaitAsync(cancellationToken);
        TimeSpan flippedAt = clock.Elapsed;
        hosts.PointTo(servers.Second.Address);
        flipped.SetResult();
        view.Tell($"the hosts file changes: {hosts.Name} is now {servers.Second.Address}");

        // The first server goes when its last responses to our client are complete: an operator waits for that, and for no other client.
        await clock.WaitUntilAsync(Schedule.FirstServerGoes, cancellationToken);
        await downloading;
        await Task.WhenAny(ours.HasMoved, clock.WaitUntilAsync(flippedAt + Schedule.PatienceForTheMove, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        TimeSpan goneAt = clock.Elapsed;
        servers.First.Vanish();
        view.Tell($"the server on {servers.First.Address} is switched off");

        await clock.WaitUntilAsync(goneAt + Schedule.TrafficAfterwards, cancellationToken);
        closing.SetResult();
        await Task.WhenAll(traffic, watching);
        return new Recording
        {
            First = servers.First.Address,
            Second = servers.Second.Address,
            FlippedAt = flippedAt,
            GoneAt = goneAt,
            Plain = new ClientRun(plain.Outcomes),
            Ours = new ClientRun(ours.Outcomes),
            Download = await downloading,
        };
    }
}
