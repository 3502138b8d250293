using DnsAwareHttp.Balancing;

namespace DnsAwareHttp.Origins;

/// <summary>The whole that the endpoints of one target of a service are a part of. All of it may be called under the part's lock.</summary>
internal interface IEndpointGroup
{
    /// <summary>What requests are offered of the whole.</summary>
    EndpointSet? Current { get; }

    /// <summary>The part offers something else from now on. When this returns, so does the whole.</summary>
    void TakeOver();

    /// <summary>An endpoint of the part fails: what is known of the service may be old.</summary>
    void Hint();
}
