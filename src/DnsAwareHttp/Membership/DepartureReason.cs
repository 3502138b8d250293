namespace DnsAwareHttp;

/// <summary>Why an endpoint takes no new requests any more.</summary>
/// <remarks>Later versions may have more reasons.</remarks>
public enum DepartureReason
{
    /// <summary>The latest answer is the whole set, and it lacks the address.</summary>
    LeftDns,

    /// <summary>Answers are samples of the set, and the address was absent from more of them than chance explains.</summary>
    AbsentTooLong,

    /// <summary>Answers are samples of the set, and other addresses replaced all that were known before.</summary>
    SetReplaced,

    /// <summary>
    /// The set is larger than <see cref="DnsAwareOptions.MaxEndpointsPerOrigin"/>, and this process uses other addresses of it.
    /// </summary>
    OverLimit,

    /// <summary>The address is absent from the latest answer, and a connect to it failed.</summary>
    AbsentRefused,

    /// <summary>The address is absent from the latest answer, and a connection to it broke.</summary>
    AbsentBroken,

    /// <summary>The address is absent from the latest answer, and its server ended a connection.</summary>
    AbsentEnded,

    /// <summary>The address is absent from the latest answer, and it has no traffic or no connection left.</summary>
    AbsentIdle,

    /// <summary>The name has no address any more: NXDOMAIN or NODATA.</summary>
    NameEmpty,

    /// <summary><see cref="DnsAwareOptions.AddressFilter"/> refuses all addresses of the latest answer.</summary>
    Filtered,

    /// <summary>There was no good answer about the name for longer than <see cref="DnsCacheOptions.MaxStale"/>.</summary>
    MaxStaleExceeded,

    /// <summary>The SRV records of the service do not name its target any more.</summary>
    TargetLeft,

    /// <summary>The origin had no requests for a while.</summary>
    OriginUnused,

    /// <summary>The handler was disposed.</summary>
    HandlerDisposed,

    /// <summary>The handler's options changed.</summary>
    OptionsChanged,

    /// <summary>The peer acknowledges nothing; a new pool of the same address takes its place.</summary>
    PeerSilent,

    /// <summary>
    /// Its connections served <see cref="DnsAwareOptions.MaxRequestsPerConnection"/> requests; a new pool of the same address takes its
    /// place.
    /// </summary>
    RequestLimitReached,

    /// <summary>The pool was made to replace another one, and was not needed.</summary>
    NotNeeded,
}
