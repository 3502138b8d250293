using System.Collections.Immutable;

namespace DnsAwareHttp.Health;

/// <summary>Failures in a row at one endpoint, and what its peers had done when the row began.</summary>
/// <param name="Length">Failures since <paramref name="Peers"/> were counted.</param>
/// <param name="Total">Failures in a row.</param>
/// <param name="Last">The latest one.</param>
/// <param name="Peers">The peers, each with its requests at the beginning.</param>
internal sealed record FailureRun(int Length, int Total, Failure Last, ImmutableArray<(EndpointOutcomes Peer, RequestTally Start)> Peers)
{
    /// <summary>After so many failures the peers are counted anew: what they did long ago says nothing about now.</summary>
    public const int MaxLength = 40;

    /// <summary>The outcomes of the requests that the peers were sent since then.</summary>
    public OutcomeCounts PeersMeanwhile()
    {
        OutcomeCounts sum = default;
        foreach ((EndpointOutcomes peer, RequestTally start) in Peers)
        {
            sum += peer.Tally.SentSince(start);
        }

        return sum;
    }
}

/// <summary>One failed request.</summary>
/// <param name="Text">The failure, for people.</param>
/// <param name="RetryAfter">The server asks not to be used for this long; zero: it does not ask.</param>
internal readonly record struct Failure(string Text, TimeSpan RetryAfter = default);
