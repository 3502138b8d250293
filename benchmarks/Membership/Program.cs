using System.Runtime.InteropServices;
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
        case BenchmarkMode.Check:
            PromiseCheck check = PromiseCheck.Of(options);
            Print(check.Lines());
            return check.AllHeld ? Success : Failure;
        case BenchmarkMode.Sensitivity:
            Print(SensitivityReport.Lines(options));
            return Success;
        case BenchmarkMode.Plot:
            Print(Plots.Lines(options));
            return Success;
        case BenchmarkMode.Replay:
            Print(ReplayReport.Lines(options));
            return Success;
        case BenchmarkMode.Record:
            using (CancellationTokenSource interrupt = new())
            using (PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Interrupt(signal, interrupt)))
            using (PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Interrupt(signal, interrupt)))
            {
                await Recorder.RunAsync(options, Console.Out, TimeProvider.System, interrupt.Token);
            }

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
catch (AggregateException failures)
{
    Console.Error.WriteLine($"Membership: {failures.InnerExceptions[0].Message}");
    return Failure;
}
catch (Exception failure)
{
    Console.Error.WriteLine($"Membership: {failure.Message}");
    return Failure;
}

static void Interrupt(PosixSignalContext signal, CancellationTokenSource interrupt)
{
    signal.Cancel = true;
    interrupt.Cancel();
}

static void Print(IEnumerable<string> lines)
{
    foreach (string line in lines)
    {
        Console.Out.WriteLine(line);
    }
}
