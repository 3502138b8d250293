namespace DnsAwareHttp.Tests.Simulation;

/// <summary>What an address does with those who connect to it.</summary>
internal enum AddressBehaviour
{
    Accepts,

    /// <summary>Accepts or refuses when the simulation says so, and until then nothing.</summary>
    Waits,

    Refuses,

    /// <summary>Never answers.</summary>
    Swallows,

    /// <summary>Never answers, nor acknowledges what is sent over the connections that are open.</summary>
    IsSilent,

    /// <summary>Accepts, and fails the TLS handshake.</summary>
    BreaksHandshakes,
}
