using Connecting.Clients;

namespace Connecting.Load;

/// <summary>A load that nobody measures, so that the first row is not that of code which is being compiled.</summary>
internal static class WarmUp
{
    private const int PerSecond = 1000;
    private static readonly string[] Addresses = ["127.0.59.1", "127.0.59.2"];
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);

    public static async Task RunAsync()
    {
        foreach (Protocol protocol in Protocol.All)
        {
            await using LoopbackServer server = await LoopbackServer.StartAsync(protocol.Served, protocol.Tls, null, Addresses);
            Service service = new(protocol, server.Port, TimeSpan.FromSeconds(10));
            using Contender ours = Contender.Ours(service, Addresses);
            using Contender bare = Contender.Bare(service, Addresses);
            await Task.WhenAll(SteadyLoad.RunAsync(ours.AskAsync, PerSecond, Duration), SteadyLoad.RunAsync(bare.AskAsync, PerSecond, Duration));
        }
    }
}
