using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Resolution.Sources;

/// <summary>The answer of DNS, and whether a server could be asked. If not, other sources may be asked.</summary>
internal readonly record struct DnsOutcome(Answer Answer, bool WasAsked)
{
    /// <summary>Whether no name server is known. Another source then takes the place of DNS, and may deny that a name exists.</summary>
    public bool HasNoServer { get; init; }

    /// <summary>The "no" of a server that is not believed, because a server before it fails.</summary>
    /// <remarks>It counts if that server knows the name: if it has addresses of the other family.</remarks>
    public Answer.Empty? Denied { get; init; }

    /// <summary>The outcome for a name that was not answered in time.</summary>
    public static DnsOutcome Late(string name, TimeSpan time)
    {
        Answer.Failed late = new($"no server answered for {name} within {time.TotalSeconds:0.###} s") { ErrorType = ErrorTypes.Timeout };
        return new DnsOutcome(late, WasAsked: true);
    }

    /// <summary>The answer of a later outcome, as the rest of an earlier one.</summary>
    public static async Task<Answer> RestOf(Task<DnsOutcome> later) => (await later.ConfigureAwait(false)).Answer;
}
