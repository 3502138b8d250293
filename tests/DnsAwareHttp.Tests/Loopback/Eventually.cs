namespace DnsAwareHttp.Tests.Loopback;

/// <summary>Waits for what must become true, with a deadline that only a failure reaches.</summary>
public static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static Task Holds(Func<bool> condition, string what) => Holds(() => Task.FromResult(condition()), what);

    public static async Task Holds(Func<Task<bool>> condition, string what)
    {
        using CancellationTokenSource deadline = new(Deadline);
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(5));
        while (!await condition())
        {
            try
            {
                await tick.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"{what}: not within {Deadline}.");
            }
        }
    }

    public static async Task Answers(Func<Task<string>> ask, string expected)
    {
        using CancellationTokenSource deadline = new(Deadline);
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(20));
        string last;
        while ((last = await ask()) != expected)
        {
            try
            {
                await tick.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"{last} answers, not {expected} within {Deadline}.");
            }
        }
    }
}
