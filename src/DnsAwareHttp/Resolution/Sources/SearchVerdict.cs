using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The outcome of a search list, from the outcomes for its names. Pure.</summary>
/// <remarks>
/// As in glibc, a failure does not end the search of a name of which nothing is known. What a later name then says is provisional: the name
/// that failed may exist. Where addresses are known and in use, no name behind the one that gave them takes the place of one that failed.
/// </remarks>
internal static class SearchVerdict
{
    /// <summary>The outcome; null while it depends on a name without an outcome.</summary>
    /// <param name="names">The absolute names, in their order.</param>
    /// <param name="outcomes">The outcomes so far; null where there is none yet.</param>
    /// <param name="known">
    /// The index of the name that gave the known addresses; below 0 if none of these did; null if no address is known.
    /// </param>
    public static DnsOutcome? Of(IReadOnlyList<string> names, IReadOnlyList<DnsOutcome?> outcomes, int? known)
    {
        Answer.Empty? none = null;
        DnsOutcome? failed = null;
        for (int i = 0; i < names.Count; i++)
        {
            if (outcomes[i] is not DnsOutcome outcome)
            {
                return null;
            }

            switch (outcome.Answer)
            {
                case Answer.Found found:
                    return new DnsOutcome(found.Under(names[i], isProvisional: failed is not null), WasAsked: true);
                case Answer.Empty empty:
                    none = none is null ? empty : Less(none, empty);
                    break;
                default:
                    failed ??= outcome;
                    if (!outcome.WasAsked || i >= known)
                    {
                        return failed;
                    }

                    break;
            }
        }

        none ??= new Answer.Empty(EmptyReason.NxDomain, DnsMessageReader.DefaultNegativeTtl);
        return failed ?? new DnsOutcome(none, WasAsked: true);
    }

    // NODATA says that one of the names exists. That is more than NXDOMAIN.
    private static Answer.Empty Less(Answer.Empty one, Answer.Empty other)
    {
        bool exists = one.Reason == EmptyReason.NoData || other.Reason == EmptyReason.NoData;
        TimeSpan ttl = one.NegativeTtl < other.NegativeTtl ? one.NegativeTtl : other.NegativeTtl;
        return new Answer.Empty(exists ? EmptyReason.NoData : EmptyReason.NxDomain, ttl);
    }
}
