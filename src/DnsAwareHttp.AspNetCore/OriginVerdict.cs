namespace DnsAwareHttp.AspNetCore;

/// <summary>How well an origin is, worst last.</summary>
internal enum OriginVerdict
{
    /// <summary>All is as it should be.</summary>
    Well,

    /// <summary>It serves all requests; a part of it does not work: a failing endpoint, or a question without an answer.</summary>
    Impaired,

    /// <summary>Its name is served stale, or most of its endpoints fail.</summary>
    Degraded,

    /// <summary>No endpoint takes requests.</summary>
    Down,
}

/// <summary>Judges origins. Pure.</summary>
internal static class OriginVerdicts
{
    public static OriginVerdict Of(OriginSnapshot origin)
    {
        int all = origin.Endpoints.Count(static endpoint => endpoint.State is not EndpointState.Draining);
        int usable = origin.Endpoints.Count(IsUsable);
        return usable == 0 ? OriginVerdict.Down
            : origin.Answer is { IsStale: true } || usable * 2 < all ? OriginVerdict.Degraded
            : usable < all || origin.Answer is { LastError: not null } ? OriginVerdict.Impaired
            : OriginVerdict.Well;
    }

    /// <summary>Why the verdict is not <see cref="OriginVerdict.Well"/>; empty if it is.</summary>
    public static string Describe(OriginSnapshot origin)
    {
        int all = origin.Endpoints.Count(static endpoint => endpoint.State is not EndpointState.Draining);
        int usable = origin.Endpoints.Count(IsUsable);
        string error = origin.Answer?.LastError is string reason ? $"; the latest question failed: {reason}" : "";
        return origin.Answer is null && all == 0 ? "no answer yet"
            : all == 0 ? $"no address is known: {origin.Answer!.Latest}"
            : usable == 0 ? $"all {all} endpoints fail{error}"
            : origin.Answer is { IsStale: true } ? $"the name is served stale{error}"
            : usable < all ? $"{all - usable} of {all} endpoints fail{error}"
            : error.TrimStart(';', ' ');
    }

    /// <summary>Whether an endpoint takes requests.</summary>
    public static bool IsUsable(EndpointSnapshot endpoint) =>
        endpoint is { State: not (EndpointState.Draining or EndpointState.Failing or EndpointState.Ejected), HasRoute: true };
}
