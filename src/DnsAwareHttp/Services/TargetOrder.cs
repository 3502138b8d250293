using System.Collections.Immutable;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Services;

/// <summary>The order in which the targets of a service are tried, and what each weighs (RFC 2782). Pure.</summary>
internal static class TargetOrder
{
    // What weighs nothing comes last where others weigh something.
    private const double NextToNothing = 0.001;

    /// <summary>
    /// The targets by priority, and in each priority in an order drawn by weight; with the part of the requests that falls to each.
    /// </summary>
    /// <param name="targets">The targets of one answer.</param>
    /// <param name="max">The most targets that are used.</param>
    /// <param name="draw">A number above 0 and below 1 for each target: always the same for the same one in this process, so that the order
    /// stays.</param>
    public static ImmutableArray<(ServiceTarget Target, float Weight)> Of(
        ImmutableArray<ServiceTarget> targets, int max, Func<ServiceTarget, double> draw)
    {
        List<(ServiceTarget Target, float Weight)> order = [];
        foreach (IGrouping<int, ServiceTarget> rank in targets.GroupBy(target => target.Priority).OrderBy(rank => rank.Key))
        {
            // Where nobody weighs anything, all weigh the same.
            bool isWeighed = rank.Any(target => target.Weight > 0);
            order.AddRange(rank
                .Select(target => (Target: target, Weight: isWeighed ? target.Weight : 1f))
                .OrderBy(weighed => -Math.Log(draw(weighed.Target)) / Math.Max(weighed.Weight, NextToNothing)));
        }

        return [.. order.DistinctBy(weighed => (weighed.Target.Host, weighed.Target.Port)).Take(max)];
    }

    /// <summary>A draw that is this process's own.</summary>
    public static double Draw(ServiceTarget target) => ((uint)HashCode.Combine(target.Host, target.Port) + 1.0) / (uint.MaxValue + 2.0);
}
