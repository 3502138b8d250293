using BenchmarkDotNet.Running;

BenchmarkSwitcher.FromAssembly(typeof(DnsAwareHttp.Benchmarks.DispatchBenchmark).Assembly).Run(args);
