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
        using OriginUsage.Waiting waiting = usage.Wait(isForDns: true);
        using RequestTracing.Waiting traced = RequestTracing.BeginLookup(origin, request, time);
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

    /// <summary>Finds an endpoint with room: the picked one if that is quick.</summary>
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
        using OriginUsage.Waiting waiting = usage.Wait(isForDns: false);
        using RequestTracing.Waiting traced = RequestTracing.BeginConnect(origin, request, time);
        using CancellationTokenSource bound = new(limit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
        try
        {
            RaceOutcome outcome = await RaceAsync(set, picked, attempts, async, either.Token).ConfigureAwait(false);
            traced.Add(outcome.Failures, but: outcome.Winner is null ? picked : null);
            return outcome;
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
    public async ValueTask AwaitFreshAnswerAsync(
        HttpRequestMessage request, Freshness freshness, bool async, CancellationToken cancellationToken)
    {
        Task asking = endpoints.AskAsync(freshness);
        if (asking.IsCompleted)
        {
            return;
        }

        asking.Forget();
        using OriginUsage.Waiting waiting = usage.Wait(isForDns: true);
        using RequestTracing.Waiting traced = RequestTracing.BeginLookup(origin, request, time);
        TimeSpan bound = limit == Timeout.InfiniteTimeSpan || limit > NameAsker.Deadline ? NameAsker.Deadline : limit;
        Task answered = asking.WaitAsync(bound, time, cancellationToken);
        await OnThisThreadUnless(async, Task.WhenAny(answered)).ConfigureAwait(false);
        if (answered.IsCanceled)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        answered.Forget();
    }

    /// <summary>Fails a request that no endpoint takes, because too many wait at each. The failure is reported.</summary>
    /// <exception cref="HttpRequestException">The request was refused.</exception>
    public async ValueTask RefuseIfFullAsync(HttpRequestMessage request, EndpointSet? set, EntryOutcome entry, bool async)
    {
        if (entry is not EntryOutcome.Refused || set is null)
        {
            return;
        }

        HttpRequestException failure = new(
            HttpRequestError.Unknown,
            $"{origin} is full: at each of its {set.Preferred.Length} addresses, {set.Preferred.Min(pool => pool.Room.Pending)} or more "
            + $"requests wait for a connection or an HTTP/2 stream ({nameof(DnsAwareOptions.MaxPendingRequestsPerEndpoint)} is "
            + $"{set.Preferred[0].Room.MaxPending}). Send fewer requests at a time, or allow more by this option, or by the handler's "
            + $"{nameof(SocketsHttpHandler.MaxConnectionsPerServer)} and {nameof(SocketsHttpHandler.EnableMultipleHttp2Connections)}.");
        if (failures is not null)
        {
            await failures.ReportAsync(request, failure, async).ConfigureAwait(false);
        }

        throw failure;
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
        EndpointSet set, EndpointPool picked, RequestAttempts? attempts, bool async, CancellationToken cancellationToken)
    {
        EndpointPool[] tried = [.. attempts?.Pools ?? []];
        IEnumerable<EndpointPool> dialled = set.DialOrder(picked, endpoints.PreferredFamily);
        EndpointPool[] order = [.. (attempts is { Session: not null } ? dialled.Prepend(picked).Distinct() : dialled).Except(tried)];
        if (picked.Health.State is EndpointState.Idle && Array.IndexOf(order, picked) > 0)
        {
            // Others come first, and they may win each time. A new address must become known all the same. One of another priority is not
            // in the order: it is dialled after all before it failed.
            _ = picked.DialUnlessIdleAsync();
        }

        order = attempts is null ? order : [.. attempts.UntriedFirst(order)];
        EndpointPool[] late = [.. attempts?.Late.Intersect(order) ?? []];
        Task<RaceOutcome> running = race.RunAsync(
            [.. late, .. order.Except(late).Where(pool => pool == picked || pool.Room.IsFree || pool.Room.CanGrow)],
            [.. set.Fallbacks().Select(rank => rank.Except(tried))], cancellationToken, late.Length);
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
