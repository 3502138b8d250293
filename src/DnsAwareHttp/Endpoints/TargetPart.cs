using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Origins;

/// <summary>What part of a service the endpoints of one of its targets are.</summary>
/// <param name="Group">The whole.</param>
/// <param name="Target">Where they are.</param>
/// <param name="Weight">What the target weighs among those of its priority, for all its endpoints together.</param>
internal sealed record TargetPart(IEndpointGroup Group, ServiceTarget Target, float Weight);
