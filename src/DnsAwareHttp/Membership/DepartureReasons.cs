using System.Diagnostics;

namespace DnsAwareHttp.Membership;

/// <summary>The names of departure reasons in metrics.</summary>
internal static class DepartureReasons
{
    /// <summary>The value of a metric tag. It is stable: dashboards and alerts depend on it.</summary>
    public static string Tag(DepartureReason reason) => reason switch
    {
        DepartureReason.LeftDns => "left_dns",
        DepartureReason.AbsentTooLong => "absent_too_long",
        DepartureReason.SetReplaced => "set_replaced",
        DepartureReason.OverLimit => "over_limit",
        DepartureReason.AbsentRefused => "absent_refused",
        DepartureReason.AbsentBroken => "absent_broken",
        DepartureReason.AbsentEnded => "absent_ended",
        DepartureReason.AbsentIdle => "absent_idle",
        DepartureReason.NameEmpty => "name_empty",
        DepartureReason.Filtered => "filtered",
        DepartureReason.MaxStaleExceeded => "max_stale_exceeded",
        DepartureReason.TargetLeft => "target_left",
        DepartureReason.OriginUnused => "origin_unused",
        DepartureReason.HandlerDisposed => "handler_disposed",
        DepartureReason.OptionsChanged => "options_changed",
        DepartureReason.PeerSilent => "peer_silent",
        DepartureReason.RequestLimitReached => "request_limit_reached",
        DepartureReason.NotNeeded => "not_needed",
        _ => throw new UnreachableException($"The departure reason {reason} has no tag."),
    };
}
