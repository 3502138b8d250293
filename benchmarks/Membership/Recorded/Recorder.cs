using DnsAwareHttp.Resolution.Sources;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.MembershipBenchmark;

/// <summary>Asks for the addresses of one name over and over, as the library asks, and writes the answers down.</summary>
internal static class Recorder
{
    /// <summary>Goes on until the time is over or <paramref name="stop"/> says so, which is no error.</summary>
    public static async Task RunAsync(BenchmarkOptions options, TextWriter output, TimeProvider clock, CancellationToken stop)
    {
        if (Uri.CheckHostName(options.Subject) != UriHostNameType.Dns)
        {
            throw new WrongUseException($"'{options.Subject}' is no host name.");
        }

        ResolverChain resolver = new(new DnsCacheOptions(), clock, NullLogger.Instance);
        await output.WriteLineAsync($"# Answers for {options.Subject}, asked for every {Figure.Of(options.Every.TotalSeconds)} s");
        long began = clock.GetTimestamp();
        try
        {
            for (TimeSpan due = TimeSpan.Zero; due <= options.For; due += options.Every)
            {
                TimeSpan left = due - clock.GetElapsedTime(began);
                await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock, stop);
                await output.WriteLineAsync(await AskAsync(resolver, options.Subject, clock, stop));
                await output.FlushAsync(stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private static async Task<string> AskAsync(ResolverChain resolver, string name, TimeProvider clock, CancellationToken stop)
    {
        Answer answer = await resolver.ResolveAsync(name, stop);
        DateTimeOffset now = clock.GetUtcNow();
        return answer switch
        {
            Answer.Found found => TraceFile.Line(now, found.Addresses),
            Answer.Empty empty => TraceFile.LostLine(now, empty.Reason.ToString()),
            Answer.Failed failed => TraceFile.LostLine(now, failed.Reason),
            _ => throw new InvalidOperationException($"{answer} is no outcome."),
        };
    }
}
