using System.Globalization;
using Connecting.Scenarios;

namespace Connecting;

/// <summary>What the command line asks for.</summary>
/// <param name="Scenarios">In the order in which they run.</param>
/// <param name="Seconds">How long a load lasts where the scenario does not say.</param>
internal sealed record Arguments(IReadOnlyList<IScenario> Scenarios, int Seconds)
{
    private const int DefaultSeconds = 20;
    private const int MaxSeconds = 600;

    private static readonly IScenario[] Known = [new MixedScenario(), new FamiliesScenario(), new SilentScenario(), new RollingScenario(), new LargeScenario(), new RotatingScenario(), new WarmScenario()];

    public static string Help => $"""
        Measures how clients fare when some addresses of a name are unwell: DnsAwareHandler and a bare SocketsHttpHandler, with the same addresses in the same order.
        Prints Markdown tables. Clients and servers share this process and its cores: compare rows of one run.

        Connecting [SCENARIO ...] [--seconds N]

        {string.Join('\n', Known.Select(scenario => $"  {scenario.Name,-12}{scenario.Summary}"))}

          --seconds N how long a load lasts where the scenario does not say, 1 to {MaxSeconds}; default {DefaultSeconds}
          --help      this

        Without a scenario all are run, one after the other. "silent" needs root, ip and nft: it makes a network namespace, and removes it when it ends.
        """;

    /// <exception cref="FormatException">They cannot be understood; the message says which one.</exception>
    public static Arguments Parse(string[] words)
    {
        List<IScenario> scenarios = [];
        int seconds = DefaultSeconds;
        for (int i = 0; i < words.Length; i++)
        {
            if (words[i] == "--seconds")
            {
                seconds = SecondsOf(i + 1 < words.Length ? words[++i] : "");
            }
            else
            {
                scenarios.Add(Array.Find(Known, scenario => scenario.Name == words[i])
                    ?? throw new FormatException($"There is no scenario \"{words[i]}\"; there are {string.Join(", ", Known.Select(scenario => scenario.Name))}."));
            }
        }

        return new Arguments(scenarios.Count > 0 ? scenarios : Known, seconds);
    }

    private static int SecondsOf(string word) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds is >= 1 and <= MaxSeconds
            ? seconds
            : throw new FormatException($"--seconds needs a whole number from 1 to {MaxSeconds}, not \"{word}\".");
}
