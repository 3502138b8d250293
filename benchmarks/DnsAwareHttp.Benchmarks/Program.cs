using BenchmarkDotNet.Running;
using DnsAwareHttp.Benchmarks;

if (args is ["lookups", .. string[] rest])
{
    return await LookupComparison.RunAsync(rest);
}

BenchmarkSwitcher.FromAssembly(typeof(DispatchBenchmark).Assembly).Run(args);
return 0;
