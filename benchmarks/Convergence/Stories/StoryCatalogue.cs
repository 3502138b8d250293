namespace Convergence.Stories;

/// <summary>All stories, in the order in which they are played.</summary>
internal static class StoryCatalogue
{
    private static readonly string[] Four = Of(1, 2, 3, 4);

    public static IReadOnlyList<Story> All { get; } =
    [
        new("blue-green", "two addresses are replaced by two others; the old servers stay up")
        {
            First = Of(1, 2), Steps = [new(0, StepKind.Says, Of(3, 4))], IsQuick = true,
        },
        new("switched-off", "two addresses are replaced by two others; the old servers are switched off 5 TTLs later")
        {
            First = Of(1, 2), Steps = [new(0, StepKind.Says, Of(3, 4)), new(5, StepKind.Stop, Of(1, 2))], After = 6.5, IsQuick = true,
        },
        new("rolling", "four addresses are replaced one by one; each server is switched off 2 TTLs after it left")
        {
            First = Four,
            Steps = [.. Enumerable.Range(0, 4).SelectMany(Replace).OrderBy(step => step.At)],
            After = 8,
        },
        new("rotation", "each answer has two of eight addresses; all servers are well and stay")
        {
            First = Of(1, 2), Steps = Rotation(), Freshness = null, Quiet = 0, Learning = 18, After = 10,
        },
        new("dns-outage", "the name server answers nothing for 4 TTLs; all servers are well and stay")
        {
            First = Four, Steps = [new(0, StepKind.DnsFalls), new(4, StepKind.DnsReturns)], Freshness = Freshness.LastHarm, After = 6.5,
        },
        new("dead", "DNS adds an address whose connects nobody answers")
        {
            First = Of(1, 2, 3), Steps = [new(0, StepKind.Says, Four)], Dead = Of(4), Freshness = Freshness.LastHarm,
        },
        new("handshake", "DNS adds an address that accepts connections and never answers the TLS handshake")
        {
            First = Of(1, 2, 3), Steps = [new(0, StepKind.Says, Four)], Hanging = Of(4), Speech = Speech.Https, Freshness = Freshness.LastHarm,
            PerSecond = 5, // Handshakes are dear: two cores have no room for those of a load that finds no connection.
        },
        new("silent", "one of four servers goes silent: all its packets are lost")
        {
            First = Four, Steps = [new(0, StepKind.Silence, Of(1))], Freshness = Freshness.LastHarm,
        },
        new("brown-out", "one of four servers answers after 200 ms, three times in four with 503")
        {
            First = Four, Steps = [new(0, StepKind.BrownOut, Of(1))], Freshness = Freshness.LastHarm,
        },
        new("scale-out", "two addresses become eight")
        {
            First = Of(1, 2), Steps = [new(0, StepKind.Says, Of(1, 2, 3, 4, 5, 6, 7, 8))], Freshness = Freshness.AllNewAddresses,
        },
        new("grpc", "as switched-off, over gRPC; the old servers are switched off 2 TTLs later")
        {
            First = Of(1, 2), Steps = [new(0, StepKind.Says, Of(3, 4)), new(2, StepKind.Stop, Of(1, 2))], Speech = Speech.Grpc,
            Beginning = 1, Quiet = 0.5, After = 3, MaxScale = 2, // Grpc.Net.Client asks DNS once in 15 s at most, which cannot be scaled.
        },
    ];

    private static string[] Of(params int[] hosts) => [.. hosts.Select(host => $"127.0.77.{host}")];

    private static IEnumerable<Step> Replace(int number)
    {
        string[] left = [.. Enumerable.Range(1, 4).Select(host => $"127.0.77.{(host <= number + 1 ? host + 4 : host)}")];
        yield return new Step(number * 1.25, StepKind.Says, left);
        yield return new Step((number * 1.25) + 2, StepKind.Stop, [$"127.0.77.{number + 1}"]);
    }

    // The same draws for all clients.
    private static Step[] Rotation()
    {
        Random random = new(7);
        return [.. Enumerable.Range(0, 56).Select(number =>
        {
            int[] hosts = [1, 2, 3, 4, 5, 6, 7, 8];
            random.Shuffle(hosts);
            return new Step(number * 0.5, StepKind.Says, Of(hosts[..2]));
        })];
    }
}
