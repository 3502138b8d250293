namespace DnsAwareHttp.Concurrency;

/// <summary>
/// Calls code of the application: filters, selectors, log providers, metrics listeners. It never runs under a lock of the library.
/// </summary>
internal static class ApplicationCode
{
    /// <summary>
    /// Asks the application. The call inherits nothing of the thread that it happens on; an exception leaves to the caller.
    /// </summary>
    /// <remarks>The caller holds no lock of the library.</remarks>
    public static TResult Ask<T, TResult>(Func<T, TResult> callback, T argument)
    {
        OrderedLock.AssertNoneHeld();
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

    /// <summary>Tells the application. The call waits until this thread holds no lock of the library; an exception ends here.</summary>
    public static void Tell<T>(Action<T> callback, T argument)
    {
        if (OrderedLock.IsAnyHeld)
        {
            TellLater(callback, argument);
        }
        else
        {
            TellNow(callback, argument);
        }
    }

    // A method of its own: what the delegate captures would be allocated at each call.
    private static void TellLater<T>(Action<T> callback, T argument) => OrderedLock.AfterRelease(() => TellNow(callback, argument));

    private static void TellNow<T>(Action<T> callback, T argument)
    {
        try
        {
            callback(argument);
        }
        catch (Exception)
        {
            // A log provider or a metrics listener failed. There is no better place to report that.
        }
    }

    /// <summary>The context of a thread that inherited nothing.</summary>
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
