using System.Collections.Immutable;

namespace DnsAwareHttp.Services;

/// <summary>The order in which the targets of a service are tried, and what each weighs (RFC 2782). Pure.</summary>
internal static class TargetOrder
{
    // A target of weight 0 comes last beside targets of greater weight.
    private const double NextToNothing = 0.001;

    /// <summary>
    /// The targets by priority, and in each priority in an order drawn by weight; with the part of the requests that falls to each.
    /// </summary>
    /// <param name="targets">The targets of one answer.</param>
    /// <param name="max">The maximum number of targets.</param>
    /// <param name="draw">A number above 0 and below 1 for each target. In one process it is always the same, so that the order
    /// stays.</param>
    public static ImmutableArray<(ServiceTarget Target, float Weight)> Of(
        ImmutableArray<ServiceTarget> targets, int max, Func<ServiceTarget, double> draw)
    {
        List<(ServiceTarget Target, float Weight)> order = [];
        foreach (IGrouping<int, ServiceTarget> rank in targets.GroupBy(target => target.Priority).OrderBy(rank => rank.Key))
        {
            // If all weights are 0, all targets weigh the same.
            bool isWeighed = rank.Any(target => target.Weight > 0);
            order.AddRange(rank
                .Select(target => (Target: target, Weight: isWeighed ? target.Weight : 1f))
                .OrderBy(weighed => -Math.Log(draw(weighed.Target)) / Math.Max(weighed.Weight, NextToNothing)));
        }

        return [.. order.DistinctBy(static weighed => weighed.Target.Place).Take(max)];
    }

    /// <summary>A number for a target that differs between processes.</summary>
    public static double Draw(ServiceTarget target) => ((uint)HashCode.Combine(target.Host, target.Port) + 1.0) / (uint.MaxValue + 2.0);
}
