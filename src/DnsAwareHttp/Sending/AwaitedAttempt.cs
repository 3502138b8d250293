using System.Runtime.CompilerServices;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Sending;

/// <summary>Awaits the first attempt of a request. It does what an async method would do, but is used again.</summary>
/// <remarks>
/// The caller holds the task of the result, which is new for each request, and never this object. One attempt ends once, so the object is
/// called once. It is given back before the result is set: the caller's code may run inside of that call, and send its next request.
/// </remarks>
internal sealed class AwaitedAttempt
{
    /// <summary>Enough for a burst of requests that begin on one thread and end on others.</summary>
    private const int MaxSpares = 256;

    private static readonly SpareObjects<AwaitedAttempt> Spares = new(MaxSpares);

    [ThreadStatic]
    private static AwaitedAttempt? _spareOfThread;

    private readonly Action _onEnded;
    private FirstAttempt _attempt;
    private AsyncTaskMethodBuilder<HttpResponseMessage> _result;
    private ExecutionContext? _context;

    private AwaitedAttempt() => _onEnded = OnEnded;

    /// <summary>The outcome of a request whose first attempt is under way.</summary>
    public static Task<HttpResponseMessage> Await(in FirstAttempt attempt)
    {
        AwaitedAttempt awaited = Take();
        awaited._attempt = attempt;
        awaited._context = ExecutionContext.Capture();
        Task<HttpResponseMessage> result = awaited._result.Task;

        // After this call the object may serve another request already.
        attempt.Sending.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(awaited._onEnded);
        return result;
    }

    // As in an async method, code after the wait sees the caller's context: its activity, its culture, its scopes of log.
    private void OnEnded()
    {
        if (_context is ExecutionContext context)
        {
            ExecutionContext.Run(context, static awaited => ((AwaitedAttempt)awaited!).End(), this);
        }
        else
        {
            End();
        }
    }

    private void End()
    {
        (FirstAttempt attempt, AsyncTaskMethodBuilder<HttpResponseMessage> result) = (_attempt, _result);
        (_attempt, _result, _context) = (default, default, null);
        Keep(this);
        Complete(attempt, result);
    }

    private static void Complete(in FirstAttempt attempt, AsyncTaskMethodBuilder<HttpResponseMessage> result)
    {
        Task<HttpResponseMessage>? next;
        HttpResponseMessage? response;
        try
        {
            next = attempt.Sender.GoOn(attempt);
            response = next is null ? attempt.Sending.GetAwaiter().GetResult() : null;
        }
        catch (Exception exception)
        {
            result.SetException(exception);
            return;
        }

        if (next is null)
        {
            result.SetResult(response!);
        }
        else
        {
            _ = CompleteAsync(next, result);
        }
    }

    private static async Task CompleteAsync(Task<HttpResponseMessage> next, AsyncTaskMethodBuilder<HttpResponseMessage> result)
    {
        await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        HttpResponseMessage response;
        try
        {
            response = next.GetAwaiter().GetResult();
        }
        catch (Exception exception)
        {
            result.SetException(exception);
            return;
        }

        result.SetResult(response);
    }

    private static AwaitedAttempt Take()
    {
        AwaitedAttempt? spare = _spareOfThread;
        _spareOfThread = null;
        return spare ?? Spares.Take(static _ => new AwaitedAttempt(), (object?)null);
    }

    private static void Keep(AwaitedAttempt spare)
    {
        if (_spareOfThread is null)
        {
            _spareOfThread = spare;
        }
        else
        {
            Spares.TryKeep(spare);
        }
    }
}
