namespace DnsAwareHttp.FidelityTests;

/// <summary>Who gives a request up.</summary>
public enum CancelledBy
{
    Token,
    PendingRequests,
    ClientDisposal,
}
