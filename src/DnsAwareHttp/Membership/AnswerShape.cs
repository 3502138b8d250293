namespace DnsAwareHttp.Membership;

/// <summary>How one answer differed from those before it.</summary>
/// <param name="Lost">Addresses that the answer before it had and it has not.</param>
/// <param name="Returned">Addresses that it has, the answer before it had not, and an earlier one had.</param>
/// <param name="ReturnedSoon">Those of them that were away, or had been there, for a few answers only.</param>
/// <param name="IsMostlyNew">Whether at least half of it was never seen before, and at least half of the answer before it was lost.</param>
/// <param name="IsAllNew">Whether none of it was ever seen before.</param>
internal readonly record struct AnswerShape(int Lost, int Returned, int ReturnedSoon, bool IsMostlyNew, bool IsAllNew);
