using DnsAwareHttp.MembershipBenchmark;

const int Success = 0;
const int Failure = 1;
const int WrongUse = 2;

try
{
    BenchmarkOptions options = BenchmarkOptions.Parse(args);
    switch (options.Mode)
    {
        case BenchmarkMode.Help:
            Print([BenchmarkOptions.HelpText]);
            return Success;
        case BenchmarkMode.List:
            Print(Contents.Lines());
            return Success;
        default:
            Print(Comparison.Lines(options));
            return Success;
    }
}
catch (WrongUseException mistake)
{
    Console.Error.WriteLine($"Membership: {mistake.Message} Try --help.");
    return WrongUse;
}
catch (Exception failure)
{
    Console.Error.WriteLine($"Membership: {failure.Message}");
    return Failure;
}

static void Print(IEnumerable<string> lines)
{
    foreach (string line in lines)
    {
        Console.Out.WriteLine(line);
    }
}
