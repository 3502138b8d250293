using System.Net;
using DnsAwareHttp.Resolution.Sources;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class SearchVerdictTests
{
    private static readonly string[] Names = ["svc.a.test", "svc.b.test", "svc"];

    /// <summary>Outcomes: f found, n NXDOMAIN, d NODATA, x failed, s no socket, ? not answered. Known: the index; -1: another name.</summary>
    [Theory]
    [InlineData("n??", null, "?")]
    [InlineData("?f?", null, "?")]
    [InlineData("f??", null, "0")]
    [InlineData("nf?", null, "1")]
    [InlineData("nnn", null, "NxDomain")]
    [InlineData("ndn", null, "NoData")]
    [InlineData("nxn", null, "Failed")]
    [InlineData("s??", null, "Failed")]
    [InlineData("xf?", null, "1 provisional")]
    [InlineData("xnf", null, "2 provisional")]
    [InlineData("x??", 0, "Failed")]
    [InlineData("xff", 0, "Failed")]
    [InlineData("xf?", 1, "1 provisional")]
    [InlineData("xxf", 1, "Failed")]
    [InlineData("xff", 2, "1 provisional")]
    [InlineData("xnf", 2, "2 provisional")]
    [InlineData("nxf", 0, "Failed")]
    [InlineData("nnf", 0, "2")]
    [InlineData("nf?", 0, "1")]
    [InlineData("f??", 2, "0")]
    [InlineData("xff", -1, "Failed")]
    [InlineData("nff", -1, "1")]
    public void Verdict(string outcomes, int? known, string expected)
    {
        DnsOutcome?[] said = [.. outcomes.Select((letter, index) => OutcomeOf(letter, index))];

        DnsOutcome? verdict = SearchVerdict.Of(Names, said, known);

        string words = verdict?.Answer switch
        {
            null => "?",
            Answer.Found found => $"{Array.IndexOf(Names, found.Candidate)}{(found.IsProvisional ? " provisional" : "")}",
            Answer.Empty empty => empty.Reason.ToString(),
            Answer answer => answer.GetType().Name,
        };
        words.Should().Be(expected);
    }

    private static DnsOutcome? OutcomeOf(char letter, int index) => letter switch
    {
        'f' => new DnsOutcome(new Answer.Found([new IPAddress([10, 0, 0, (byte)index])], TimeSpan.FromSeconds(60)), WasAsked: true),
        'n' => new DnsOutcome(new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(5)), WasAsked: true),
        'd' => new DnsOutcome(new Answer.Empty(EmptyReason.NoData, TimeSpan.FromSeconds(5)), WasAsked: true),
        'x' => new DnsOutcome(new Answer.Failed("SERVFAIL"), WasAsked: true),
        's' => new DnsOutcome(new Answer.Failed("no socket"), WasAsked: false),
        _ => null,
    };
}
