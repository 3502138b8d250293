namespace DnsAwareHttp;

/// <summary>How requests are spread over the endpoints of their origin.</summary>
public enum LoadBalancingPolicy
{
    /// <summary>The less busy of two endpoints ("power of two choices"): the next in turn and one drawn at random. The default.</summary>
    /// <remarks>
    /// An endpoint is busy with requests whose response headers have not arrived, and with bodies that stream for longer over HTTP/1.1.
    /// </remarks>
    LeastRequests,

    /// <summary>Each endpoint in turn, from a random start.</summary>
    RoundRobin,

    /// <summary>One endpoint takes all requests until it fails or leaves.</summary>
    PickFirst,

    /// <summary>
    /// As <see cref="LeastRequests"/>, and latency counts, too: the cost of an endpoint is its expected time to the response headers × (its
    /// requests under way + 1). Of two endpoints the cheaper one is picked.
    /// </summary>
    /// <remarks>
    /// Latencies count only if they differ by more than chance. An endpoint that is slow, fails or is silent is tried again from time to
    /// time. Each request costs two looks at the clock.
    /// </remarks>
    PeakEwma,
}
