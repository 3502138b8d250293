namespace DnsAwareHttp.Membership;

/// <summary>How one answer differs from the answers before it.</summary>
/// <param name="Lost">Addresses of the previous answer that this answer lacks.</param>
/// <param name="Returned">Addresses of this answer that the previous answer lacked and an earlier answer had.</param>
/// <param name="ReturnedSoon">Returned addresses whose absence, or whose presence before it, was short.</param>
/// <param name="LongestAbsence">The longest absence that ended with this answer, in answers; 0 when no absence ended.</param>
/// <param name="IsMostlyNew">Whether at least half of this answer is new, and at least half of the previous answer is lost.</param>
/// <param name="IsAllNew">Whether all of this answer is new.</param>
/// <param name="Size">Addresses of this answer.</param>
internal readonly record struct AnswerDelta(
    int Lost, int Returned, int ReturnedSoon, int LongestAbsence, bool IsMostlyNew, bool IsAllNew, int Size);
