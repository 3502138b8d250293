using Convergence;
using Convergence.Fleet;
using Convergence.Servers;

const int Success = 0;
const int Failure = 1;
const int WrongUse = 2;
const int Ended = 128; // by a signal, when the code is greater

try
{
    if (args.Contains("--help") || args.Contains("-h"))
    {
        Console.WriteLine(Arguments.Help);
        return Success;
    }

    if (args is ["fleet", .. string[] folder])
    {
        Console.WriteLine(FleetReport.Write(folder.Length > 0 ? folder[0] : "convergence"));
        return Success;
    }

    if (args is ["serve", string port, string protocol])
    {
        await ServerProgram.RunAsync(int.Parse(port), protocol);
        return Success;
    }

    if (args is ["inside", .. string[] rest])
    {
        return await Contest.RunAsync(Arguments.Parse(rest));
    }

    _ = Arguments.Parse(args);
    if (Machine.WhyNot(["named", "rndc-confgen", "unshare", "ip", "mount", "kill"], needsRoot: true) is string reason)
    {
        Console.Error.WriteLine($"Convergence: {reason}");
        return Failure;
    }

    int code = PrivateNamespace.Start(":", ["inside", .. args]);
    if (code > Ended)
    {
        Console.Error.WriteLine("Convergence: interrupted.");
        return Failure;
    }

    return code;
}
catch (WrongUseException mistake)
{
    Console.Error.WriteLine($"Convergence: {mistake.Message} Try --help.");
    return WrongUse;
}
catch (Exception failure)
{
    Console.Error.WriteLine($"Convergence: {failure.Message}");
    return Failure;
}
