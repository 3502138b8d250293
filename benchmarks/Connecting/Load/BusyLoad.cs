using System.Collections.Concurrent;
using System.Diagnostics;
using Connecting.Clients;

namespace Connecting.Load;

/// <summary>Workers that each send the next request when the last one is answered: as much as client and server can do.</summary>
internal static class BusyLoad
{
    public static async Task<Samples> RunAsync(Contender client, int workers, TimeSpan duration)
    {
        long started = Stopwatch.GetTimestamp();
        ConcurrentBag<Sample> samples = [];
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(WorkAsync)));
        return new Samples(samples);

        async Task WorkAsync()
        {
            while (Stopwatch.GetElapsedTime(started) < duration)
            {
                samples.Add(await SteadyLoad.AskAsync(client.AskAsync));
            }
        }
    }
}
