namespace DnsAwareHttp.Tests.Fidelity;

/// <summary>Who gives a request up.</summary>
public enum CancelledBy
{
    Token,
    PendingRequests,
    ClientDisposal,
}
