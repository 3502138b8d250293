using DnsAwareHttp.Balancing;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Handlers;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Sending;

/// <summary>The waits of a request before an endpoint has it: for the first answer about its name, and for a connection.</summary>
/// <param name="origin">The origin.</param>
/// <param name="endpoints">Its endpoints.</param>
/// <param name="usage">Counts the requests that wait.</param>
/// <param name="race">Connects.</param>
/// <param name="limit">The longest wait: the <see cref="SocketsHttpHandler.ConnectTimeout"/> of the wrapped handler.</param>
/// <param name="time">The clock.</param>
/// <param name="failures">Reports requests that fail here; null: they are not reported.</param>
internal sealed class EndpointWait(
    Origin origin, IOriginEndpoints endpoints, OriginUsage usage, ConnectionRace race, TimeSpan limit, TimeProvider time,
    FailureReporter? failures)
{
    /// <summary>Waits until there are endpoints, or the origin is closed.</summary>
    /// <exception cref="HttpRequestException">The name has no address that may be dialled.</exception>
    public async ValueTask AwaitEndpointsAsync(HttpRequestMessage request, bool async, CancellationToken cancellationToken)
    {
        using OriginUsage.Waiting waiting = usage.Wait();
        try
        {
            await AwaitAnswerAsync(async, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failures is not null)
        {
            await failures.ReportAsync(request, failure, async).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Finds an endpoint with a connection: the picked one if that is quick.</summary>
    /// <param name="request">The request.</param>
    /// <param name="set">The endpoints.</param>
    /// <param name="picked">The picker's choice, which is not connected.</param>
    /// <param name="attempts">The attempts so far; null for no attempt.</param>
    /// <param name="async">False: the wait is on the calling thread.</param>
    /// <param name="cancellationToken">The request's own token.</param>
    public async ValueTask<RaceOutcome> ConnectAsync(
        HttpRequestMessage request, EndpointSet set, EndpointPool picked, RequestAttempts? attempts, bool async,
        CancellationToken cancellationToken)
    {
        EndpointPool[] tried = [.. attempts?.Pools ?? []];
        bool isFixed = attempts is { Session: not null };
        if (!isFixed && picked.Health.State is not EndpointState.Ready && set.FirstConnected(picked, tried) is EndpointPool connected)
        {
            // Make before break: while another endpoint is connected, no request waits for the first connection to an address.
            _ = picked.DialUnlessConnectedAsync();
            return new RaceOutcome(connected, []);
        }

        using OriginUsage.Waiting waiting = usage.Wait();
        using CancellationTokenSource bound = new(limit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
        try
        {
            return await RaceAsync(set, picked, isFixed, tried, async, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancellation)
        {
            attempts?.Misdirected?.Dispose();
            if (failures is not null)
            {
                await failures.ReportAsync(request, cancellation, async).ConfigureAwait(false);
            }

            return cancellationToken.IsCancellationRequested
                ? await Task.FromCanceled<RaceOutcome>(cancellationToken).ConfigureAwait(false)
                : throw ConnectTimedOut();
        }
    }

    /// <summary>Waits for an answer that is fresh enough, and not longer than a question may take. The origin then follows it.</summary>
    /// <remarks>An answer that does not come changes nothing. Only the request's own token ends the wait with an exception.</remarks>
    public async ValueTask AwaitFreshAnswerAsync(Freshness freshness, bool async, CancellationToken cancellationToken)
    {
        Task asking = endpoints.AskAsync(freshness);
        if (asking.IsCompleted)
        {
            return;
        }

        asking.Forget();
        using OriginUsage.Waiting waiting = usage.Wait();
        TimeSpan bound = limit == Timeout.InfiniteTimeSpan || limit > NameAsker.Deadline ? NameAsker.Deadline : limit;
        Task answered = asking.WaitAsync(bound, time, cancellationToken);
        await OnThisThreadUnless(async, Task.WhenAny(answered)).ConfigureAwait(false);
        if (answered.IsCanceled)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        answered.Forget();
    }

    private async ValueTask AwaitAnswerAsync(bool async, CancellationToken cancellationToken)
    {
        Task known = endpoints.Known;
        Task<NameAnswer> question = endpoints.AskAsync();
        question.Forget();

        // The answer, or the permission to use an expired one because the answer is late.
        Task first = Task.WhenAny(question, known);
        try
        {
            await OnThisThreadUnless(async, first.WaitAsync(limit, time, cancellationToken)).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw ConnectTimedOut();
        }

        if (!known.IsCompleted)
        {
            NameAnswer answer = await question.ConfigureAwait(false);
            if (endpoints.Current is null && !endpoints.IsClosed)
            {
                throw NoAddress.Error(origin, answer);
            }
        }
    }

    private async ValueTask<RaceOutcome> RaceAsync(
        EndpointSet set, EndpointPool picked, bool isFixed, EndpointPool[] tried, bool async, CancellationToken cancellationToken)
    {
        IEnumerable<EndpointPool> order = set.DialOrder(picked, endpoints.PreferredFamily);
        Task<RaceOutcome> running = race.RunAsync(
            [.. (isFixed ? order.Prepend(picked).Distinct() : order).Except(tried)],
            [.. set.Fallbacks().Select(rank => rank.Except(tried))], cancellationToken);
        await OnThisThreadUnless(async, running).ConfigureAwait(false);
        RaceOutcome outcome = await running.ConfigureAwait(false);
        if (outcome is { Winner: EndpointPool winner, IsFamilyContest: true })
        {
            endpoints.PreferFamily(winner.Family);
        }

        return outcome;
    }

    private static Task OnThisThreadUnless(bool async, Task task)
    {
        if (!async)
        {
            Task.WaitAny([task], CancellationToken.None);
        }

        return task;
    }

    // The exact error of the runtime for the ConnectTimeout of a handler.
    private static TaskCanceledException ConnectTimedOut() => new(
        new OperationCanceledException().Message,
        new TimeoutException("A connection could not be established within the configured ConnectTimeout."),
        new CancellationToken(canceled: true));
}
