using BenchmarkDotNet.Running;
using DnsAwareHttp.Benchmarks;

if (args is ["lookups", .. string[] rest])
{
    return await LookupComparison.RunAsync(rest);
}

if (args is ["cases", .. string[] more])
{
    return await ResolverCases.RunAsync(more);
}

if (args is ["snapshot"])
{
    return await SnapshotCost.RunAsync();
}

if (args is ["observation"])
{
    return await ObservationBenchmark.RunAsync();
}

if (args is ["dispatch"])
{
    return DispatchCost.Run();
}

if (args is ["rest"])
{
    return await CostAtRest.RunAnswersAsync();
}

if (args is ["look"])
{
    return await CostAtRest.RunLookAsync();
}

if (args is ["retries"])
{
    return await RetryCost.RunAsync();
}

BenchmarkSwitcher.FromAssembly(typeof(DispatchBenchmark).Assembly).Run(args);
return 0;
