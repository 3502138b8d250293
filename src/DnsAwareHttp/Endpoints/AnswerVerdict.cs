using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Endpoints;

/// <summary>The action of an origin on one more answer about its name.</summary>
internal enum AnswerVerdict
{
    /// <summary>The members follow the answer.</summary>
    Follow,

    /// <summary>The answer has nothing usable: the members stay for a while, and then leave.</summary>
    BeginGrace,

    /// <summary>There was no good answer for too long: the members leave.</summary>
    GiveUp,

    /// <summary>The question failed: nothing changes.</summary>
    Keep,
}

/// <summary>Decides the action on an answer. Pure.</summary>
internal static class AnswerVerdicts
{
    /// <param name="answer">The answer.</param>
    /// <param name="isUsable">Whether its last good addresses or targets may be used, and there is one at least.</param>
    /// <param name="hasMembers">Whether the origin has members.</param>
    /// <param name="isInGrace">Whether the members are leaving already.</param>
    public static AnswerVerdict Of(CachedAnswer answer, bool isUsable, bool hasMembers, bool isInGrace)
    {
        bool isNews = answer.Latest is Answer.Found || !hasMembers;
        return isNews && isUsable ? AnswerVerdict.Follow
            : answer.Latest is not Answer.Failed ? AnswerVerdict.BeginGrace
            : answer.LastGood is null && !isInGrace ? AnswerVerdict.GiveUp
            : AnswerVerdict.Keep;
    }

    /// <summary>Why members leave after an answer that has nothing usable.</summary>
    public static (DepartureReason Reason, string Detail) WhyUnusable(CachedAnswer answer) => answer.Latest is Answer.Found
        ? (DepartureReason.Filtered, "AddressFilter refuses all addresses of the latest answer")
        : (DepartureReason.NameEmpty, "the name has no address any more");
}
