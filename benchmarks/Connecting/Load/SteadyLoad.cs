using System.Collections.Concurrent;
using System.Diagnostics;

namespace Connecting.Load;

/// <summary>Requests at a steady rate, sent when they are due however long earlier ones take, each timed from that moment.</summary>
internal static class SteadyLoad
{
    /// <summary>Ends when all requests have been answered or have failed.</summary>
    /// <param name="ask">Sends a request and tells which address answered it.</param>
    /// <param name="perSecond">The rate of the requests.</param>
    /// <param name="duration">The time from the first request to the last.</param>
    public static Task<Samples> RunAsync(Func<Task<string>> ask, int perSecond, TimeSpan duration) => RunAsync(_ => ask(), perSecond, duration);

    /// <summary>As <see cref="RunAsync(Func{Task{string}}, int, TimeSpan)"/>; each request is told its number.</summary>
    public static async Task<Samples> RunAsync(Func<int, Task<string>> ask, int perSecond, TimeSpan duration)
    {
        int count = (int)(perSecond * duration.TotalSeconds);
        ConcurrentBag<Sample> samples = [];
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int left = count;

        // A thread of its own: what clients do to the pool must not delay it.
        Thread clock = new(() => Tick(perSecond, count, (due, turn) => _ = SendAsync(due, turn))) { IsBackground = true, Name = "load" };
        clock.Start();
        await ended.Task;
        return new Samples(samples);

        async Task SendAsync(long due, int turn)
        {
            samples.Add(await AskAsync(ask, due, turn));
            if (Interlocked.Decrement(ref left) == 0)
            {
                ended.SetResult();
            }
        }
    }

    /// <summary>One request that is due now.</summary>
    public static Task<Sample> AskAsync(Func<Task<string>> ask) => AskAsync(_ => ask(), Stopwatch.GetTimestamp(), 0);

    private static void Tick(int perSecond, int count, Action<long, int> send)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i++)
        {
            long due = start + (i * Stopwatch.Frequency / perSecond);
            while (Stopwatch.GetTimestamp() < due)
            {
                Thread.Sleep(1);
            }

            int turn = i;
            ThreadPool.UnsafeQueueUserWorkItem(_ => send(due, turn), null);
        }
    }

    private static async Task<Sample> AskAsync(Func<int, Task<string>> ask, long due, int turn)
    {
        try
        {
            string address = await ask(turn);
            return new Sample(due, Stopwatch.GetTimestamp(), address, null, turn);
        }
        catch (Exception exception)
        {
            return new Sample(due, Stopwatch.GetTimestamp(), null, Describe(exception), turn);
        }
    }

    private static string Describe(Exception exception) => exception switch
    {
        TaskCanceledException { InnerException: TimeoutException } => "timeout",
        HttpRequestException http => $"{http.HttpRequestError} ({(http.InnerException?.InnerException ?? http.InnerException)?.GetType().Name})",
        _ => exception.GetType().Name,
    };
}
