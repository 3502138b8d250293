using System.Net;
using DnsAwareHttp.Endpoints;
using DnsAwareHttp.Resolution;

namespace DnsAwareHttp.Tests.Endpoints;

public sealed class AnswerVerdictsTests
{
    private static readonly Answer.Found Good = new([IPAddress.Loopback], TimeSpan.FromSeconds(30));

    // The latest answer; whether a last good one is kept; usable, members, grace; the verdict.
    [Theory]
    [InlineData("found", true, true, false, false, nameof(AnswerVerdict.Follow))]
    [InlineData("found", true, true, true, false, nameof(AnswerVerdict.Follow))]
    [InlineData("found", true, true, true, true, nameof(AnswerVerdict.Follow))]
    [InlineData("found", true, false, false, false, nameof(AnswerVerdict.BeginGrace))]
    [InlineData("found", true, false, true, false, nameof(AnswerVerdict.BeginGrace))]
    [InlineData("found", true, false, true, true, nameof(AnswerVerdict.BeginGrace))]
    [InlineData("empty", false, false, false, false, nameof(AnswerVerdict.BeginGrace))]
    [InlineData("empty", false, false, true, false, nameof(AnswerVerdict.BeginGrace))]
    [InlineData("empty", false, false, true, true, nameof(AnswerVerdict.BeginGrace))]
    [InlineData("failed", true, true, true, false, nameof(AnswerVerdict.Keep))]
    [InlineData("failed", true, true, true, true, nameof(AnswerVerdict.Keep))]
    [InlineData("failed", true, true, false, false, nameof(AnswerVerdict.Follow))]
    [InlineData("failed", true, false, false, false, nameof(AnswerVerdict.Keep))]
    [InlineData("failed", true, false, true, false, nameof(AnswerVerdict.Keep))]
    [InlineData("failed", false, false, true, false, nameof(AnswerVerdict.GiveUp))]
    [InlineData("failed", false, false, false, false, nameof(AnswerVerdict.GiveUp))]
    [InlineData("failed", false, false, true, true, nameof(AnswerVerdict.Keep))]
    public void Verdict_ForEachCase(string latest, bool hasLastGood, bool isUsable, bool hasMembers, bool isInGrace, string verdict)
    {
        Answer answer = latest switch
        {
            "found" => Good,
            "empty" => new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(30)),
            _ => new Answer.Failed("SERVFAIL"),
        };
        CachedAnswer cached = new(1, answer, hasLastGood ? Good : null, null, default, default, 0);

        AnswerVerdicts.Of(cached, isUsable, hasMembers, isInGrace).ToString().Should().Be(verdict);
    }
}
