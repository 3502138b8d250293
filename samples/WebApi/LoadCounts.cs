namespace WebApi;

/// <summary>How the requests of the load ended.</summary>
internal sealed record LoadCounts(long Answered, long Failed);
