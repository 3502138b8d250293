using System.Globalization;
using Convergence.Contenders;
using Convergence.Stories;

namespace Convergence;

/// <summary>What the command line asks for.</summary>
internal sealed record Arguments
{
    private const int DefaultFlips = 20;
    private const int QuickFlips = 6;

    public static string Help => $"""
        Convergence: the same stories of DNS and of servers, played for each of the clients that a user can pick.
        Needs Linux, root, BIND (named) and unshare: everything happens in a network that it makes and removes.

        Usage: dotnet run -c Release --project benchmarks/Convergence [-- OPTIONS]
               dotnet run -c Release --project benchmarks/Convergence -- fleet [DIR]   (10,000 clients, simulated; runs everywhere)

          --story NAME      Only this story; may be repeated.
          --contender NAME  Only this client; may be repeated.
          --flips N         Clients of each run. Each sees the change at a time of its own, so each is a flip. 1 to 200; default {DefaultFlips}.
          --scale X         Everything is X times faster than it is told. The TTL of 30 s becomes 30 s / X. 1 to 30; default 30.
          --output DIR      Where tables and pictures go; default: the folder "convergence".
          --quick           Two stories, four clients, {QuickFlips} flips: about two minutes. Names that are given replace those.
          --help            This text.

        Stories:
        {string.Join('\n', StoryCatalogue.All.Select(story => $"  {story.Name,-14}{story.Title}"))}

        Contenders:
        {string.Join('\n', ContenderCatalogue.All.Select(contender => $"  {contender.Name,-14}{contender.Title}"))}

        Exit code: 0 done, 1 something failed, 2 wrong use.
        """;

    public IReadOnlyList<Story> Stories { get; private init; } = [];

    public IReadOnlyList<Contender> Contenders { get; private init; } = [];

    public int Flips { get; private init; }

    public double Scale { get; private init; } = 30;

    public string Output { get; private init; } = "convergence";

    /// <exception cref="WrongUseException">They cannot be understood; the message says which one.</exception>
    public static Arguments Parse(string[] words)
    {
        Arguments read = new();
        bool isQuick = false;
        for (int i = 0; i < words.Length; i++)
        {
            string option = words[i];
            isQuick |= option == "--quick";
            read = option switch
            {
                "--quick" => read,
                "--story" => read with { Stories = [.. read.Stories, Named(StoryCatalogue.All, story => story.Name, "story", Value())] },
                "--contender" => read with { Contenders = [.. read.Contenders, Named(ContenderCatalogue.All, one => one.Name, "contender", Value())] },
                "--flips" => read with { Flips = (int)Number(option, Value(), 200, NumberStyles.None) },
                "--scale" => read with { Scale = Number(option, Value(), 30, NumberStyles.AllowDecimalPoint) },
                "--output" => read with { Output = Value() },
                _ => throw new WrongUseException($"'{option}' is not an option."),
            };

            string Value() => i + 1 < words.Length && !words[i + 1].StartsWith("--", StringComparison.Ordinal)
                ? words[++i]
                : throw new WrongUseException($"{option} needs a value.");
        }

        return read.Complete(isQuick);
    }

    private Arguments Complete(bool isQuick)
    {
        Arguments complete = this with
        {
            Stories = Stories.Count > 0 ? Stories : [.. StoryCatalogue.All.Where(story => !isQuick || story.IsQuick)],
            Contenders = Contenders.Count > 0 ? Contenders : [.. ContenderCatalogue.All.Where(contender => !isQuick || contender.IsQuick)],
            Flips = Flips > 0 ? Flips : isQuick ? QuickFlips : DefaultFlips,
        };
        return complete.Stories.FirstOrDefault(story => !complete.Contenders.Any(contender => contender.CanPlay(story))) is Story lonely
            ? throw new WrongUseException($"None of these contenders plays the story '{lonely.Name}'.")
            : complete;
    }

    private static T Named<T>(IReadOnlyList<T> all, Func<T, string> nameOf, string kind, string name) =>
        all.FirstOrDefault(one => nameOf(one) == name) is T found
            ? found
            : throw new WrongUseException($"There is no {kind} '{name}'; there are {string.Join(", ", all.Select(nameOf))}.");

    private static double Number(string option, string text, int most, NumberStyles style) =>
        double.TryParse(text, style, CultureInfo.InvariantCulture, out double number) && number >= 1 && number <= most
            ? number
            : throw new WrongUseException($"{option} needs a {(style == NumberStyles.None ? "whole number" : "number")} from 1 to {most}, not '{text}'.");
}
