namespace DnsAwareHttp;

/// <summary>How a request finds its endpoint among those of its origin.</summary>
public enum LoadBalancingPolicy
{
    /// <summary>The less busy of two endpoints ("power of two choices"): the next in turn and one drawn at random. Busy are those with requests whose response headers are awaited, and with bodies that stream for longer over HTTP/1.1. The default.</summary>
    LeastRequests,

    /// <summary>Each endpoint in turn, from a random start.</summary>
    RoundRobin,

    /// <summary>One endpoint takes all requests until it fails or leaves.</summary>
    PickFirst,
}
