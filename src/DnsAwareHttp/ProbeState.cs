namespace DnsAwareHttp;

/// <summary>What the probes of an endpoint say.</summary>
public enum ProbeState
{
    /// <summary>There is no probe, or none has ended and none is awaited.</summary>
    None,

    /// <summary>The endpoint is new. It gets requests after its first probe has passed, while others can take them.</summary>
    Awaited,

    /// <summary>The latest probe passed, or the first failure in a row is not believed yet.</summary>
    Passed,

    /// <summary>The first probe failed, or two in a row. The endpoint gets requests only when no other one is left.</summary>
    Failed,
}
