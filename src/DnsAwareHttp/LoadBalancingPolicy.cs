namespace DnsAwareHttp;

/// <summary>How a request finds its endpoint among those of its origin.</summary>
public enum LoadBalancingPolicy
{
    /// <summary>The less busy of two endpoints drawn at random ("power of two choices"), by requests whose response headers are awaited. The default.</summary>
    LeastRequests,

    /// <summary>Each endpoint in turn, from a random start.</summary>
    RoundRobin,

    /// <summary>One endpoint takes all requests until it fails or leaves.</summary>
    PickFirst,
}
