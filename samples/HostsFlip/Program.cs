using System.Runtime.InteropServices;
using HostsFlip;

const int Success = 0, PromiseBroken = 1, WrongUse = 2, Interrupted = 130;

DemoOptions options;
try
{
    options = DemoOptions.Parse(args);
}
catch (WrongUseException mistake)
{
    return Complain(mistake);
}

if (options.Help)
{
    Console.Out.WriteLine(DemoOptions.HelpText);
    return Success;
}

// A signal only cancels: everything that was changed is then put back on the way out, as after any other end.
using CancellationTokenSource interrupt = new();
using CancellationTokenSource deadline = new(Schedule.Deadline);
using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(interrupt.Token, deadline.Token);
using PosixSignalRegistration onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using PosixSignalRegistration onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
using PosixSignalRegistration onHangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Interrupt);
using PosixSignalRegistration onQuit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Interrupt);

try
{
    LiveView view = LiveView.For(options);
    view.Open();
    Recording recording = await Demo.RunAsync(options, view, stop.Token);
    Verdict verdict = Verdict.Of(recording);
    view.Show(verdict);

    if (options.SvgFile is not null)
    {
        await File.WriteAllTextAsync(options.SvgFile, TimelineSvg.Of(recording), stop.Token);
    }

    if (options.Json)
    {
        Console.Out.WriteLine(JsonReport.Of(recording));
    }

    return verdict.PromiseHeld ? Success : PromiseBroken;
}
catch (WrongUseException mistake)
{
    return Complain(mistake);
}
catch (OperationCanceledException) when (interrupt.IsCancellationRequested)
{
    Console.Error.WriteLine("HostsFlip: interrupted; everything is put back.");
    return Interrupted;
}
catch (OperationCanceledException) when (deadline.IsCancellationRequested)
{
    Console.Error.WriteLine($"HostsFlip: not done after {Schedule.Deadline.TotalSeconds:0} s, given up; everything is put back.");
    return PromiseBroken;
}
catch (Exception failure)
{
    Console.Error.WriteLine($"HostsFlip: {failure.Message}");
    return PromiseBroken;
}

void Interrupt(PosixSignalContext signal)
{
    signal.Cancel = true;
    interrupt.Cancel();
}

static int Complain(WrongUseException mistake)
{
    Console.Error.WriteLine($"HostsFlip: {mistake.Message} Try --help.");
    return WrongUse;
}
