namespace DnsAwareHttp;

/// <summary>One target of a service, from an SRV record (RFC 2782).</summary>
/// <param name="Host">An absolute name, in lower case without a trailing dot.</param>
/// <param name="Port">1 to 65,535.</param>
/// <param name="Priority">0 to 65,535. Targets of a lower number go first.</param>
/// <param name="Weight">0 to 65,535. Its share among targets of the same priority, relative to theirs.</param>
public sealed record ServiceTarget(string Host, int Port, int Priority = 0, int Weight = 0)
{
    /// <summary>What tells it from others.</summary>
    internal (string Host, int Port) Place => (Host, Port);

    /// <inheritdoc/>
    public override string ToString() => $"{Host}:{Port} (priority {Priority}, weight {Weight})";
}
