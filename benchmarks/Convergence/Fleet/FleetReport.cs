using System.Globalization;
using System.Text;

namespace Convergence.Fleet;

/// <summary>What a change does to the name servers and to the new servers of a fleet.</summary>
internal static class FleetReport
{
    private const int Clients = 10_000;
    private const double Tenth = 0.1;

    private static readonly (string Name, int Resolvers, double Start)[] Fleets =
    [
        ("1 resolver, clients began over 10 min", 1, 500),
        ("20 resolvers, clients began over 10 min", 20, 500),
        ("1 resolver, all clients began at one moment", 1, 0),
        ("20 resolvers, all clients began at one moment", 20, 0),
    ];

    public static string Write(string folder)
    {
        Directory.CreateDirectory(folder);
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"{Clients:#,0} clients, TTL {FleetRun.Ttl} s. Simulated on a clock of its own; when to ask is the library's own code.").AppendLine();
        text.AppendLine("| | jitter | questions/s at the resolvers, mean | most in 100 ms | at the authority, mean | followed p50 | p99 | last | most clients that move in 100 ms |");
        text.AppendLine("|---|---|--:|--:|--:|--:|--:|--:|--:|");
        List<(string Name, FleetRun Run)> runs = [.. Fleets.SelectMany(fleet => (bool[])[true, false], (fleet, jitter) => (fleet.Name, new FleetRun(Clients, fleet.Resolvers, fleet.Start, jitter).Play()))];
        foreach ((string name, FleetRun run) in runs)
        {
            text.AppendLine(Row(name, run));
        }

        File.WriteAllText(Path.Combine(folder, "fleet.md"), text.ToString());
        File.WriteAllText(Path.Combine(folder, "fleet.svg"), FleetPicture.Of(runs));
        return text.ToString();
    }

    private static string Row(string name, FleetRun run)
    {
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {(run.HasJitter ? "as it is" : "none")} | {run.ClientQuestions.Length / 120.0:#,0} | {FleetRun.Peak(run.ClientQuestions, Tenth):#,0} | {run.AuthorityQuestions.Length / 120.0:0.00} "
            + $"| {Followed(0.5):0.0} s | {Followed(0.99):0.0} s | {run.Followed[^1]:0.0} s | {FleetRun.Peak(run.Followed, Tenth):#,0} |");

        double Followed(double share) => run.Followed[(int)Math.Ceiling(share * run.Followed.Length) - 1];
    }
}
