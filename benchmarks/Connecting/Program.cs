using Connecting;
using Connecting.Load;
using Connecting.Scenarios;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(Arguments.Help);
    return 0;
}

try
{
    Arguments arguments = Arguments.Parse(args);
    await WarmUp.RunAsync();
    foreach (IScenario scenario in arguments.Scenarios)
    {
        if (!PrivateNetwork.IsInside)
        {
            Console.Error.WriteLine($"{scenario.Name}: {scenario.Summary} ...");
        }

        await scenario.RunAsync(arguments.Seconds);
    }

    return 0;
}
catch (FormatException mistake)
{
    Console.Error.WriteLine(mistake.Message);
    Console.Error.WriteLine("--help tells what there is.");
    return 2;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Interrupted.");
    return 1;
}
