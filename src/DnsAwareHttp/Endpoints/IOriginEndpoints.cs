using System.Net.Sockets;
using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Endpoints;

/// <summary>The endpoints of one origin, however they are found.</summary>
internal interface IOriginEndpoints
{
    /// <summary>The endpoints that requests are offered now; null while nothing is known, and when closed.</summary>
    EndpointSet? Current { get; }

    bool IsClosed { get; }

    /// <summary>Ends when there are endpoints, or the origin is closed.</summary>
    Task Known { get; }

    /// <summary>The family that won when both were dialled; <see cref="AddressFamily.Unspecified"/> until then.</summary>
    AddressFamily PreferredFamily { get; }

    /// <summary>The latest answer; null before the first one.</summary>
    AnswerSnapshot? LatestAnswer { get; }

    /// <summary>Begins to follow DNS. The first answers may come before the return.</summary>
    void Start();

    /// <summary>Asks, unless the answer at hand is fresh enough, and follows the answer.</summary>
    /// <returns>The answer. If there is no endpoint then, it tells why.</returns>
    Task<NameAnswer> AskAsync(Freshness freshness = default);

    /// <summary>A sign that the answer about an endpoint may be old, such as a connect that failed.</summary>
    void Hint(EndpointPool pool);

    /// <summary>Both families were dialled side by side, and this one won: it begins from now on.</summary>
    void PreferFamily(AddressFamily family);

    /// <summary>Samples the endpoints while requests flow. For one caller at a time.</summary>
    void Sample();

    /// <summary>Offers nothing any more. The endpoints drain without a deadline.</summary>
    /// <returns>False if it was closed before.</returns>
    bool Close(DepartureReason reason, string detail);
}
