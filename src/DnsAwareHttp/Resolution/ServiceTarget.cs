namespace DnsAwareHttp.Resolution;

/// <summary>One target of a service, from an SRV record (RFC 2782).</summary>
/// <param name="Host">An absolute name, in lower case without a trailing dot.</param>
/// <param name="Port">1 to 65,535.</param>
/// <param name="Priority">Targets of a lower number go first.</param>
/// <param name="Weight">Its share among targets of the same priority, relative to theirs.</param>
internal sealed record ServiceTarget(string Host, int Port, int Priority, int Weight)
{
    public override string ToString() => $"{Host}:{Port} (priority {Priority}, weight {Weight})";
}
