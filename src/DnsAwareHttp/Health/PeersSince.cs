using System.Collections.Immutable;

namespace DnsAwareHttp.Health;

/// <summary>The peers of an endpoint since a moment: the outcomes of the requests that they were sent since then.</summary>
/// <param name="start">The peers, each with its requests at that moment.</param>
internal sealed class PeersSince(ImmutableArray<(EndpointOutcomes Peer, RequestTally Start)> start)
{
    private long _sentWhenSeen = -1;

    public OutcomeCounts Meanwhile
    {
        get
        {
            OutcomeCounts sum = default;
            foreach ((EndpointOutcomes peer, RequestTally tally) in start)
            {
                sum += peer.Tally.SentSince(tally);
            }

            return sum;
        }
    }

    /// <summary>Whether a request that fails now was sent after the peers were seen to answer well.</summary>
    /// <remarks>
    /// When an outage ends, requests of before still fail slowly, while the peers answer new ones already. Such a failure tells of the time
    /// before.
    /// </remarks>
    /// <param name="meanwhile">What the peers did.</param>
    /// <param name="own">The requests of the endpoint, the one that fails among those under way.</param>
    public bool AnsweredWellBefore(OutcomeCounts meanwhile, RequestTally own)
    {
        if (meanwhile.Good == 0)
        {
            return false;
        }

        long sentWhenSeen = Interlocked.CompareExchange(ref _sentWhenSeen, own.Sent, -1);
        return sentWhenSeen >= 0 && own.Sent - own.UnderWay >= sentWhenSeen;
    }
}
