using System.Runtime.CompilerServices;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Concurrency;

public sealed class BackgroundTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _clock = new();
    private readonly CapturingLogger _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Run_InheritsNoAsyncLocalAndNoSynchronizationContext()
    {
        AsyncLocal<string> local = new() { Value = "of the starter" };

        (string? seen, SynchronizationContext? context) = await Background.Run(() => Task.FromResult((local.Value, SynchronizationContext.Current)));

        seen.Should().BeNull();
        context.Should().BeNull();
        local.Value.Should().Be("of the starter");
    }

    [Fact]
    public async Task RunWithArgument_GoesOnOnThePool_AndInheritsNothing()
    {
        AsyncLocal<string> local = new() { Value = "of the starter" };
        using ManualResetEventSlim started = new();

        // The starter goes on before the work does.
        Task<(string? Seen, bool IsPool, bool IsLater)> work = Background.Run((local, started), static async argument =>
        {
            await Background.OnThePool();
            bool isLater = argument.started.Wait(TimeSpan.FromSeconds(30));
            return (argument.local.Value, Thread.CurrentThread.IsThreadPoolThread, isLater);
        });
        started.Set();

        (await work).Should().Be((null, true, true));
        local.Value.Should().Be("of the starter");
    }

    [Fact]
    public async Task Run_TheWorkFails_TheTaskReportsIt() =>
        await FluentActions.Awaiting(() => Background.Run(static () => throw new NotSupportedException())).Should().ThrowAsync<NotSupportedException>();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Start_TheWorkFailsAtOnceOrLater_IsLoggedWithItsName(bool later)
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Background.Start("the work", _log, () => later ? gate.Task : throw new NotSupportedException("no"));
        gate.SetException(new NotSupportedException("no"));

        await Eventually.Holds(() => _log.Events.Length == 1, "the failure is logged");

        (string name, string message, Exception? exception) = _log.Entries.Single();
        name.Should().Be("BackgroundThrew");
        message.Should().StartWith("the work");
        exception.Should().BeOfType<NotSupportedException>();
    }

    [Fact]
    public void Timer_ATickThrows_IsLoggedAndTheTimerGoesOn()
    {
        List<int> ticks = [];
        using ITimer timer = Background.CreateTimer(_clock, "the timer", _log, ticks, static ticks => Tick(ticks), Second, Second);

        _clock.Advance(3 * Second);

        ticks.Should().Equal(1, 2, 3);
        _log.Events.Should().Equal("BackgroundThrew");
        _log.Entries.Single().Message.Should().StartWith("the timer");

        static void Tick(List<int> ticks)
        {
            ticks.Add(ticks.Count + 1);
            if (ticks.Count == 2)
            {
                throw new NotSupportedException();
            }
        }
    }

    [Fact]
    public void Timer_InheritsNoAsyncLocal()
    {
        AsyncLocal<string> local = new() { Value = "of the maker" };
        bool wasSuppressed = false;
        DelegateTime time = new(() => wasSuppressed = ExecutionContext.IsFlowSuppressed());

        using ITimer timer = Background.CreateTimer(time, "the timer", _log, local, static _ => { }, Second, Timeout.InfiniteTimeSpan);

        wasSuppressed.Should().BeTrue("a timer that is made meanwhile captures no context");
        ExecutionContext.IsFlowSuppressed().Should().BeFalse();
    }

    [Fact]
    public void Timer_ItsOwnerIsCollected_TicksNoMore()
    {
        int[] ticks = [0];
        (WeakReference owner, ITimer timer) = OfADroppedOwner(ticks);
        for (int round = 0; round < 10 && owner.IsAlive; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        _clock.Advance(5 * Second);

        owner.IsAlive.Should().BeFalse("the timer holds it weakly");
        ticks.Should().Equal(1);
        timer.Dispose();
    }

    [Fact]
    public async Task Forget_ATaskThatFails_IsObserved()
    {
        bool unobserved = false;
        EventHandler<UnobservedTaskExceptionEventArgs> handler = (_, args) =>
            unobserved |= args.Exception.InnerException is InvalidDataException { Message: "forgotten" };
        TaskScheduler.UnobservedTaskException += handler;
        try
        {
            WeakReference forgotten = await ForgetOneAsync();
            for (int round = 0; round < 10 && forgotten.IsAlive; round++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            forgotten.IsAlive.Should().BeFalse();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= handler;
        }

        unobserved.Should().BeFalse();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task<WeakReference> ForgetOneAsync()
    {
        Task failed = Task.FromException(new InvalidDataException("forgotten"));
        failed.Forget();
        return Task.FromResult(new WeakReference(failed));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private (WeakReference Owner, ITimer Timer) OfADroppedOwner(int[] ticks)
    {
        object owner = new();
        ITimer timer = Background.CreateTimer(_clock, "the timer", _log, owner, _ => ticks[0]++, Second, Second);
        _clock.Advance(Second);
        return (new WeakReference(owner), timer);
    }

    private sealed class DelegateTime(Action made) : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            made();
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
