using System.Collections.Immutable;
using System.Net.Sockets;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Origins;

/// <summary>The endpoints of one origin, wherever they are found: what its cluster offers to requests.</summary>
internal interface IOriginEndpoints
{
    /// <summary>What requests are offered now; null while nothing is known, and when closed.</summary>
    EndpointSet? Current { get; }

    bool IsClosed { get; }

    /// <summary>Ends when there are endpoints, or none will come any more.</summary>
    Task Known { get; }

    /// <summary>The members' pools, and those that leave but are still offered.</summary>
    ImmutableArray<EndpointPool> Offered { get; }

    /// <summary>The family that won when both were dialled; <see cref="AddressFamily.Unspecified"/> until then.</summary>
    AddressFamily PreferredFamily { get; }

    /// <summary>What is known of the names; null before the first answer.</summary>
    AnswerSnapshot? LatestAnswer { get; }

    /// <summary>Asks, unless what is known still holds, and takes the answers in.</summary>
    /// <returns>The answer that tells why there are no endpoints, if there are none then.</returns>
    Task<NameAnswer> AskAsync();

    /// <summary>A sign that what is known of an endpoint may be old, such as a connect that failed.</summary>
    void Hint(EndpointPool pool);

    /// <summary>Both families were dialled side by side, and this one won: it begins from now on.</summary>
    void PreferFamily(AddressFamily family);

    /// <summary>Looks at the endpoints while requests flow. For one caller at a time.</summary>
    void Look();

    /// <summary>Offers nothing any more. What was offered drains without a deadline.</summary>
    /// <returns>False if it was closed before.</returns>
    bool Close(string reason);
}
