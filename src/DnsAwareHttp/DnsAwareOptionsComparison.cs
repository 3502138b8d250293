using DnsAwareHttp.Handlers;

namespace DnsAwareHttp;

/// <summary>Tells whether two <see cref="DnsAwareOptions"/> have the same values.</summary>
internal static class DnsAwareOptionsComparison
{
    /// <summary>Whether no value differs.</summary>
    public static bool AreSame(DnsAwareOptions one, DnsAwareOptions other) =>
        one.Membership == other.Membership
        && one.MembershipByHost.Count == other.MembershipByHost.Count
        && one.MembershipByHost.All(host => other.MembershipByHost.TryGetValue(host.Key, out MembershipMode mode) && mode == host.Value)
        && one.ServiceRecords.Count == other.ServiceRecords.Count
        && one.ServiceRecords.All(host => other.ServiceRecords.TryGetValue(host.Key, out string? service)
            && string.Equals(service, host.Value, StringComparison.OrdinalIgnoreCase))
        && DelegateComparison.AreSame(one.ServiceRecordSelector, other.ServiceRecordSelector)
        && one.LoadBalancing == other.LoadBalancing
        && one.AddressFamily == other.AddressFamily
        && DelegateComparison.AreSame(one.AddressFilter, other.AddressFilter)
        && ReferenceEquals(one.AddressPriorities, other.AddressPriorities)
        && one.MaxEndpointsPerOrigin == other.MaxEndpointsPerOrigin
        && one.ConnectAttemptDelay == other.ConnectAttemptDelay
        && one.ConnectTimeout == other.ConnectTimeout
        && one.DrainTimeout == other.DrainTimeout
        && one.EmptyAnswerGrace == other.EmptyAnswerGrace
        && one.OriginIdleTimeout == other.OriginIdleTimeout
        && one.MaxRequestsPerConnection == other.MaxRequestsPerConnection
        && one.MaxPendingRequestsPerEndpoint == other.MaxPendingRequestsPerEndpoint
        && one.RetryMisdirectedRequests == other.RetryMisdirectedRequests
        && one.AvoidTriedEndpoints == other.AvoidTriedEndpoints
        && DelegateComparison.AreSame(one.ConfigureSocket, other.ConfigureSocket)
        && one.MaxOrigins == other.MaxOrigins
        && EndpointProbe.AreSame(one.Probe, other.Probe)
        && one.AddressTags == other.AddressTags
        && one.OutlierDetection.IsSameAs(other.OutlierDetection)
        && SessionAffinityOptions.AreSame(one.SessionAffinity, other.SessionAffinity);
}
