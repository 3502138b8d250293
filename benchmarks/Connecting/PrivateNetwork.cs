using System.Reflection;
using System.Runtime.InteropServices;

namespace Connecting;

/// <summary>A network namespace in which this program runs one scenario once more.</summary>
internal static class PrivateNetwork
{
    /// <summary>The environment variable that tells the inner program where it is.</summary>
    private const string Variable = "DNSAWARE_CONNECTING_INSIDE";

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);

    public static bool IsInside => Environment.GetEnvironmentVariable(Variable) is not null;

    /// <summary>Makes the network, runs the scenario in it to its end and prints what it printed; or says why that cannot be.</summary>
    public static async Task RunInsideAsync(string scenario, string[] addresses)
    {
        if (Machine.WhyNot(["ip", "nft"], needsRoot: true) is string reason)
        {
            Console.WriteLine();
            Console.WriteLine($"**{scenario}**: skipped. {reason}");
            return;
        }

        using CancellationTokenSource end = new(Deadline);
        using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        await using NetworkNamespace net = await NetworkNamespace.CreateAsync("", "127.0.0.1 localhost\n", addresses);
        string output = await net.RunAsync("env", [$"{Variable}={scenario}", Environment.ProcessPath!, .. Self(), scenario], null, end.Token);
        Console.Write(output);

        // First the inner program and the network are to go.
        void End(PosixSignalContext context)
        {
            context.Cancel = true;
            end.Cancel();
        }
    }

    // Started as a program of its own it needs no more; started by dotnet, its assembly.
    private static string[] Self() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Assembly.GetExecutingAssembly().Location] : [];
}
