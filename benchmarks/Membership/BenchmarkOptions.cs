using System.Collections.Immutable;
using System.Globalization;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>What the command line asks for.</summary>
internal sealed record BenchmarkOptions
{
    public const string HelpText = """
        Membership: which policy notices fast who is gone, and leaves alone who is not.

        Usage: dotnet run -c Release --project benchmarks/Membership [-- OPTIONS]

        Made-up names answer over and over (traces, the rows); policies decide who is a member (the columns).
        Always the same result for the same options: random traces are made from seeds.

        Options:
          --list            Print the names of the traces and of the policies.
          --only PART       Only traces with PART in their name; may be repeated.
          --policy NAME     Only this policy; may be repeated. With --check: the one to check, once.
          --seeds N         Seeds for each random trace. Default 20.
          --max N           The most members. Default 64.
          --csv             Print lines for other programs instead of tables.
          --check           Check the promises of a policy (default Adaptive); print those that are broken.
          --sensitivity     Vary each constant of Adaptive; print how needless departures and lag change.
          --plot NAME       Print a picture (SVG): 'tolerance' or 'significance'.
          --trace FILE      Follow answers from a file instead. A line of it has the time (seconds, or ISO 8601)
                            and the addresses, separated by blanks; or the time and 'failed' for a lost answer.
                            '#' begins a comment.
          --within N        With --trace: a departure is needless if the address is back within N answers. Default 10.
          --record NAME     Ask for the addresses of NAME over and over; print a file for --trace.
          --every SECONDS   With --record: the time from one question to the next. Default 30.
          --for SECONDS     With --record: how long. Default 600.
          --help            Print this text.

        Exit code: 0 done (with --check: all promises held), 1 a promise is broken or something failed, 2 wrong use.
        """;

    public BenchmarkMode Mode { get; private init; } = BenchmarkMode.Compare;

    public ImmutableList<string> Only { get; private init; } = [];

    public ImmutableList<string> Policies { get; private init; } = [];

    public int Seeds { get; private init; } = 20;

    public int MaxMembers { get; private init; } = 64;

    public bool Csv { get; private init; }

    public int Within { get; private init; } = 10;

    /// <summary>The file to replay, the name to record, or the picture to draw.</summary>
    public string Subject { get; private init; } = "";

    public TimeSpan Every { get; private init; } = TimeSpan.FromSeconds(30);

    public TimeSpan For { get; private init; } = TimeSpan.FromSeconds(600);

    public static BenchmarkOptions Parse(IReadOnlyList<string> arguments)
    {
        BenchmarkOptions options = new();
        HashSet<string> given = [];
        for (int i = 0; i < arguments.Count; i++)
        {
            string option = arguments[i];
            _ = given.Add(option);
            options = option switch
            {
                "--help" or "-h" => options.In(BenchmarkMode.Help, option),
                "--list" => options.In(BenchmarkMode.List, option),
                "--check" => options.In(BenchmarkMode.Check, option),
                "--sensitivity" => options.In(BenchmarkMode.Sensitivity, option),
                "--plot" => options.In(BenchmarkMode.Plot, option) with { Subject = Value() },
                "--trace" => options.In(BenchmarkMode.Replay, option) with { Subject = Value() },
                "--record" => options.In(BenchmarkMode.Record, option) with { Subject = Value() },
                "--only" => options with { Only = options.Only.Add(Value()) },
                "--policy" => options with { Policies = options.Policies.Add(PolicyCatalogue.Named(Value()).Name) },
                "--seeds" => options with { Seeds = Count(option, Value()) },
                "--max" => options with { MaxMembers = Count(option, Value()) },
                "--within" => options with { Within = Count(option, Value()) },
                "--every" => options with { Every = Seconds(option, Value()) },
                "--for" => options with { For = Seconds(option, Value()) },
                "--csv" => options with { Csv = true },
                _ => throw new WrongUseException($"'{option}' is not an option."),
            };

            string Value() => i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal)
                ? arguments[++i]
                : throw new WrongUseException($"{option} needs a value.");
        }

        options.ThrowIfUseless(given);
        return options;
    }

    private BenchmarkOptions In(BenchmarkMode mode, string option) =>
        Mode == BenchmarkMode.Compare ? this with { Mode = mode } : throw new WrongUseException($"{option} cannot be had together with what was asked for before it.");

    // What would be ignored is a mistake.
    private void ThrowIfUseless(HashSet<string> given)
    {
        string[] useful = Mode switch
        {
            BenchmarkMode.Compare => ["--only", "--policy", "--seeds", "--max", "--csv"],
            BenchmarkMode.Check => ["--check", "--only", "--policy", "--seeds", "--max"],
            BenchmarkMode.Sensitivity => ["--sensitivity", "--only", "--seeds", "--max"],
            BenchmarkMode.Plot => ["--plot", "--only", "--seeds", "--max"],
            BenchmarkMode.Replay => ["--trace", "--policy", "--max", "--within"],
            BenchmarkMode.Record => ["--record", "--every", "--for"],
            BenchmarkMode.List => ["--list"],
            _ => [.. given],
        };
        if (given.Except(useful).FirstOrDefault() is string useless)
        {
            throw new WrongUseException($"{useless} has no meaning {(Mode == BenchmarkMode.Compare ? "here" : $"with {useful[0]}")}.");
        }

        if (Mode == BenchmarkMode.Check && Policies.Count > 1)
        {
            throw new WrongUseException("--check takes one --policy.");
        }
    }

    private static int Count(string option, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= 1_000_000
            ? count
            : throw new WrongUseException($"{option} needs a whole number from 1 to 1000000, not '{text}'.");

    private static TimeSpan Seconds(string option, string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds is >= 0.1 and <= 10_000_000
            ? TimeSpan.FromSeconds(seconds)
            : throw new WrongUseException($"{option} needs a number of seconds from 0.1 to 10000000, not '{text}'.");
}
