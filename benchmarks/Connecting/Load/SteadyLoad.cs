using System.Collections.Concurrent;
using System.Diagnostics;
using Connecting.Clients;

namespace Connecting.Load;

/// <summary>Requests at a steady rate, sent when they are due however long earlier ones take, each timed from that moment.</summary>
internal static class SteadyLoad
{
    /// <summary>Ends when all requests have been answered or have failed.</summary>
    public static async Task<Samples> RunAsync(Contender client, int perSecond, TimeSpan duration)
    {
        int count = (int)(perSecond * duration.TotalSeconds);
        ConcurrentBag<Sample> samples = [];
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int left = count;

        // A thread of its own: what clients do to the pool must not delay it.
        Thread clock = new(() => Tick(perSecond, count, due => _ = SendAsync(due))) { IsBackground = true, Name = "load" };
        clock.Start();
        await ended.Task;
        return new Samples(samples);

        async Task SendAsync(long due)
        {
            samples.Add(await AskAsync(client, due));
            if (Interlocked.Decrement(ref left) == 0)
            {
                ended.SetResult();
            }
        }
    }

    /// <summary>One request that is due now.</summary>
    public static Task<Sample> AskAsync(Contender client) => AskAsync(client, Stopwatch.GetTimestamp());

    private static void Tick(int perSecond, int count, Action<long> send)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i++)
        {
            long due = start + (i * Stopwatch.Frequency / perSecond);
            while (Stopwatch.GetTimestamp() < due)
            {
                Thread.Sleep(1);
            }

            ThreadPool.UnsafeQueueUserWorkItem(send, due, preferLocal: false);
        }
    }

    private static async Task<Sample> AskAsync(Contender client, long due)
    {
        QueueWaits.Mark();
        try
        {
            string address = await client.AskAsync();
            return new Sample(due, Stopwatch.GetTimestamp(), address, null);
        }
        catch (Exception exception)
        {
            return new Sample(due, Stopwatch.GetTimestamp(), null, Describe(exception));
        }
    }

    private static string Describe(Exception exception) => exception switch
    {
        TaskCanceledException { InnerException: TimeoutException } => "timeout",
        HttpRequestException http => $"{http.HttpRequestError} ({(http.InnerException?.InnerException ?? http.InnerException)?.GetType().Name})",
        _ => exception.GetType().Name,
    };
}
