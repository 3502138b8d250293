using DnsClient;

namespace DnsAwareHttp.DnsClient;

/// <summary>Asks one question of several servers in turn until one of them answers.</summary>
internal static class HedgedQuery
{
    /// <summary>How long a server is waited for before the next one is asked beside it. Its own answer still counts afterwards.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    /// <param name="turns">The servers in their order; a server may have several turns.</param>
    /// <param name="ask">Asks one server. A failure is an outcome; only cancellation throws.</param>
    /// <param name="cancellationToken">Ends all questions.</param>
    /// <returns>
    /// The first addresses. A "no" counts once all earlier servers have failed, or are late by <see cref="Patience"/>. Else the last
    /// failure.
    /// </returns>
    public static async Task<Reply> AskAsync(
        IEnumerable<NameServer> turns, Func<NameServer, CancellationToken, Task<Reply>> ask, CancellationToken cancellationToken)
    {
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            return await AskInTurnAsync(turns, ask, over.Token).ConfigureAwait(false);
        }
        finally
        {
            // Ends the questions that lost, and the timer.
            await over.CancelAsync().ConfigureAwait(false);
        }
    }

    private static async Task<Reply> AskInTurnAsync(
        IEnumerable<NameServer> turns, Func<NameServer, CancellationToken, Task<Reply>> ask, CancellationToken cancellationToken)
    {
        Reply failure = new(new Answer.Failed("no name server is known"));
        Reply? no = null;
        List<Task<Reply>> asked = [];
        using IEnumerator<NameServer> turn = turns.GetEnumerator();
        while (true)
        {
            bool isAsked = no is null && turn.MoveNext();
            if (isAsked)
            {
                asked.Add(ask(turn.Current, cancellationToken));
            }

            if (asked.Count == 0)
            {
                return no ?? failure;
            }

            // After the last turn there is nothing left but to wait.
            Task<Reply>? ended = await FirstAsync(asked, isPatient: !isAsked && no is null, cancellationToken).ConfigureAwait(false);
            Reply? reply = ended is null ? no : await ended.ConfigureAwait(false);
            if (reply is { Answer: Answer.Found } || (reply is { Answer: Answer.Empty } && (ended is null || ended == asked[0])))
            {
                return reply;
            }

            if (ended is not null)
            {
                // An earlier server's addresses go before a later server's "no", if they come soon.
                asked.Remove(ended);
                (no, failure) = reply is { Answer: Answer.Empty } ? (no ?? reply, failure) : (no, reply!);
            }
        }
    }

    /// <returns>The first question that ends; null when a server is late, and is to get company.</returns>
    private static async Task<Task<Reply>?> FirstAsync(List<Task<Reply>> asked, bool isPatient, CancellationToken cancellationToken)
    {
        IEnumerable<Task> awaited = isPatient ? asked : [.. asked, Task.Delay(Patience, TimeProvider.System, cancellationToken)];
        Task<Reply>? ended = await Task.WhenAny(awaited).ConfigureAwait(false) as Task<Reply>;
        cancellationToken.ThrowIfCancellationRequested();
        return ended;
    }
}
