namespace DnsAwareHttp.Pools;

/// <summary>How the peer of an endpoint's connections is silent.</summary>
internal enum PeerSilence
{
    /// <summary>It is not silent, or nothing is known.</summary>
    None,

    /// <summary>It acknowledges nothing that was sent.</summary>
    Tcp,

    /// <summary>It accepted a connection, and has sent no byte in answer to the TLS handshake.</summary>
    Handshake,
}
