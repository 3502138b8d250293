using System.Collections.Immutable;
using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Balancing;

/// <summary>Gives one request to each endpoint that is on trial, and all others to the picker of the preferred endpoints.</summary>
/// <param name="picker">Spreads requests over the preferred endpoints.</param>
/// <param name="onTrial">Endpoints that failed, and that an answer would make well.</param>
internal sealed class TrialPicker(IEndpointPicker picker, ImmutableArray<EndpointPool> onTrial) : IEndpointPicker
{
    public bool IsSticky => picker.IsSticky;

    public EndpointPool Pick() => onTrial.FirstOrDefault(static pool => pool.TryTakeTrial()) ?? picker.Pick();
}
