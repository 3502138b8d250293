using DnsAwareHttp.OutcomesBenchmark;
using DnsAwareHttp.OutcomesBenchmark.Latencies;

const string Help = """
    Who gets requests when servers fail: the library's rule beside those of Envoy, linkerd and gRPC, in a simulator.

      (no argument)     the comparison, as a table
      --check           the library's promises; exit code 1 if one does not hold
      --latency [TEXT]  the comparison of latencies; with a text, of the traces whose name has it
      --seeds N         runs of each trace (default 3)
    """;

if (args.Contains("--help"))
{
    Console.Out.WriteLine(Help);
    return 0;
}

int at = Array.IndexOf(args, "--seeds");
int seeds = at >= 0 && at + 1 < args.Length && int.TryParse(args[at + 1], out int number) && number > 0 ? number : 3;
if (args.Contains("--check"))
{
    return PromiseCheck.Run(seeds, Console.Out.WriteLine) ? 0 : 1;
}

int latency = Array.IndexOf(args, "--latency");
IEnumerable<string> lines = latency < 0 ? Comparison.Lines(seeds)
    : LatencyComparison.Lines(seeds, args.ElementAtOrDefault(latency + 1) is string text && !text.StartsWith("--", StringComparison.Ordinal) ? text : null);
foreach (string line in lines)
{
    Console.Out.WriteLine(line);
}

return 0;
