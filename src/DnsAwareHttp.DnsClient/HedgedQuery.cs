using DnsAwareHttp.Resolution.Wire;
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
    /// <returns>The first outcome that is no failure, else the last failure.</returns>
    public static async Task<Answer> AskAsync(
        IEnumerable<NameServer> turns, Func<NameServer, CancellationToken, Task<Answer>> ask, CancellationToken cancellationToken)
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

    private static async Task<Answer> AskInTurnAsync(
        IEnumerable<NameServer> turns, Func<NameServer, CancellationToken, Task<Answer>> ask, CancellationToken cancellationToken)
    {
        Answer failure = new Answer.Failed("no name server is known");
        List<Task<Answer>> asked = [];
        using IEnumerator<NameServer> turn = turns.GetEnumerator();
        while (true)
        {
            bool isAsked = turn.MoveNext();
            if (isAsked)
            {
                asked.Add(ask(turn.Current, cancellationToken));
            }

            if (asked.Count == 0)
            {
                return failure;
            }

            // A server that is late gets company. After the last turn there is nothing left but to wait.
            IEnumerable<Task> awaited = isAsked ? [.. asked, Task.Delay(Patience, TimeProvider.System, cancellationToken)] : asked;
            Task first = await Task.WhenAny(awaited).ConfigureAwait(false);
            if (first is not Task<Answer> ended)
            {
                cancellationToken.ThrowIfCancellationRequested();
                continue;
            }

            asked.Remove(ended);
            Answer answer = await ended.ConfigureAwait(false);
            if (answer is not Answer.Failed)
            {
                return answer;
            }

            failure = answer;
        }
    }
}
