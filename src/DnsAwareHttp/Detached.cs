namespace DnsAwareHttp;

/// <summary>Begins work that inherits nothing of whoever happens to begin it: no async-locals (activity, logging scope, culture), no synchronization context.</summary>
internal static class Detached
{
    public static Task Run(Func<Task> work)
    {
        using (Suppression.Begin())
        {
            return Task.Run(work);
        }
    }

    public static Task<T> Run<T>(Func<Task<T>> work)
    {
        using (Suppression.Begin())
        {
            return Task.Run(work);
        }
    }

    /// <summary>A timer, as <see cref="TimeProvider.CreateTimer"/> makes it.</summary>
    public static ITimer CreateTimer(TimeProvider time, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        using (Suppression.Begin())
        {
            return time.CreateTimer(callback, state, dueTime, period);
        }
    }

    /// <summary>Calls the application's own code on this thread: what it sees does not depend on whose thread that happens to be.</summary>
    public static TResult Call<T, TResult>(Func<T, TResult> callback, T argument)
    {
        TResult result = default!;
        ExecutionContext.Run(
            Inherited.Nothing,
            _ =>
            {
                // Run puts back both, the context and this.
                SynchronizationContext.SetSynchronizationContext(null);
                result = callback(argument);
            },
            null);
        return result;
    }

    // The caller may have suppressed the flow itself; the runtime refuses to do it twice.
    private readonly ref struct Suppression
    {
        private readonly AsyncFlowControl _control;
        private readonly bool _isOurs;

        private Suppression(bool isOurs)
        {
            _isOurs = isOurs;
            _control = isOurs ? ExecutionContext.SuppressFlow() : default;
        }

        public static Suppression Begin() => new(!ExecutionContext.IsFlowSuppressed());

        public void Dispose()
        {
            if (_isOurs)
            {
                _control.Undo();
            }
        }
    }

    /// <summary>What flows where nothing was inherited.</summary>
    private static class Inherited
    {
        public static readonly ExecutionContext Nothing = CaptureOnFreshThread();

        private static ExecutionContext CaptureOnFreshThread()
        {
            ExecutionContext? captured = null;
            Thread fresh = new(() => captured = ExecutionContext.Capture());
            fresh.UnsafeStart();
            fresh.Join();
            return captured!;
        }
    }
}
