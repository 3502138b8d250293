using System.Diagnostics;

namespace HostsFlip;

/// <summary>The story: two servers, two clients, one name that changes its address.</summary>
internal static class Demo
{
    public static async Task<Recording> RunAsync(DemoOptions options, LiveView view, CancellationToken cancellationToken)
    {
        await using LocalServers servers = await LocalServers.StartAsync(cancellationToken);
        using IFlippingHosts hosts = options.EtcHosts ? new SystemHosts() : new PrivateHosts();
        hosts.PointTo(servers.First.Address);
        view.Introduce(hosts, servers);

        using Clients clients = new(hosts);
        Stopwatch clock = Stopwatch.StartNew();
        Traffic plain = new(clients.Plain, servers.ShopAt(hosts.Name), clock);
        Traffic ours = new(clients.DnsAware, servers.ShopAt(hosts.Name), clock);
        Download download = new(clients.DnsAware, servers.ParcelAt(hosts.Name), clock);

        Task traffic = Task.WhenAll(plain.RunAsync(Schedule.End, cancellationToken), ours.RunAsync(Schedule.End, cancellationToken));
        Task<DownloadRun> downloading = download.RunAsync(cancellationToken);
        Task watching = view.WatchAsync(plain, ours, download, clock, cancellationToken);

        await clock.WaitUntilAsync(Schedule.Flip, cancellationToken);
        TimeSpan flippedAt = clock.Elapsed;
        hosts.PointTo(servers.Second.Address);
        view.Tell($"the hosts file changes: {hosts.Name} is now {servers.Second.Address}");

        await clock.WaitUntilAsync(Schedule.FirstServerStops, cancellationToken);
        TimeSpan stoppedAt = clock.Elapsed;
        await servers.First.StopAbruptlyAsync();
        view.Tell($"the server on {servers.First.Address} stops");

        await Task.WhenAll(traffic, watching, downloading);
        return new Recording
        {
            First = servers.First.Address,
            Second = servers.Second.Address,
            FlippedAt = flippedAt,
            StoppedAt = stoppedAt,
            Plain = new ClientRun(plain.Outcomes),
            Ours = new ClientRun(ours.Outcomes),
            Download = await downloading,
        };
    }
}
