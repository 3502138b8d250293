using DnsAwareHttp.Balancing;

namespace DnsAwareHttp.Endpoints;

/// <summary>A service, as the endpoints of one of its targets see it. All targets share the origin's lock.</summary>
internal interface IEndpointGroup
{
    /// <summary>The endpoints of the whole that requests are offered.</summary>
    EndpointSet? Current { get; }

    /// <summary>The target offers other endpoints from now on. When this returns, so does the whole.</summary>
    void OnPartChanged_NeedsLock();

    /// <summary>An endpoint of the target fails: the answer about the service may be old.</summary>
    void Hint();
}
