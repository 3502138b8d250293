using System.Xml.Linq;
using Convergence.Measuring;
using Convergence.Reports;
using Convergence.Stories;
using static DnsAwareHttp.IntegrationTests.ConvergenceRecording;

namespace DnsAwareHttp.IntegrationTests;

/// <summary>What the benchmark of convergence makes of what it measured.</summary>
public sealed class ConvergenceResultTests
{
    private static readonly TimeSpan Tenth = TimeSpan.FromMilliseconds(100);

    [Fact]
    public void LastOnOldAddress_EachClientMovesAtATimeOfItsOwn()
    {
        Recording recording = Of(BlueGreen, (client, time) => time <= TimeSpan.FromSeconds(client + 1) ? Old : New);

        FreshnessOf.Clients(recording).Should().SatisfyRespectively(
            first => first.Should().BeCloseTo(TimeSpan.FromSeconds(1), Tenth), second => second.Should().BeCloseTo(TimeSpan.FromSeconds(2), Tenth));
    }

    [Fact]
    public void LastOnOldAddress_ClientStaysUntilTheEnd_IsNever() =>
        FreshnessOf.Clients(Of(BlueGreen, (client, _) => client == 0 ? Old : New)).Should().Equal(TimeSpan.Zero, FreshnessOf.Never);

    [Fact]
    public void AllNewAddresses_OneNeverAnswers_IsNever()
    {
        Story story = BlueGreen with { Steps = [new Step(0, StepKind.Says, Old, New)], Freshness = Freshness.AllNewAddresses };

        FreshnessOf.Clients(Of(story, (client, time) => client == 0 && time > TimeSpan.FromSeconds(1) ? New : Old)).Should().SatisfyRespectively(
            first => first.Should().BeCloseTo(TimeSpan.FromSeconds(1), 2 * Tenth), second => second.Should().Be(FreshnessOf.Never));
    }

    [Fact]
    public void LastHarm_IsTheLastFailure()
    {
        Story story = BlueGreen with { Freshness = Freshness.LastHarm };

        FreshnessOf.Clients(Of(story, (client, time) => client == 0 && time == TimeSpan.FromSeconds(2) ? null : Old)).Should().SatisfyRespectively(
            first => first.Should().Be(TimeSpan.Zero), second => second.Should().BeCloseTo(TimeSpan.FromSeconds(2), Tenth));
    }

    [Fact]
    public void ConnectionsAndQueries_AreThoseOfOneClientAsTold()
    {
        Result result = new(Of(BlueGreen, (_, _) => Old, opened: 3));

        // 6 connections of 2 clients in 2 s, each of which stands for 30 s.
        result.ConnectionsPerHour.Should().BeApproximately(180, 1);
        result.QueriesPerMinute.Should().Be(4);
    }

    [Fact]
    public void Kept_WhoBreaksOneOfThreePromisesIsNotNamed()
    {
        Result best = new(Of(BlueGreen, (_, time) => time < TimeSpan.FromSeconds(1) ? Old : New));
        Result late = new(Of(BlueGreen, (_, time) => time < TimeSpan.FromSeconds(2) ? Old : New));
        Result failing = new(Of(BlueGreen, (_, time) => time == TimeSpan.Zero ? null : time < TimeSpan.FromSeconds(1) ? Old : New));
        Result opening = new(Of(BlueGreen, (_, time) => time < TimeSpan.FromSeconds(1) ? Old : New, opened: 1));

        StoryReport.Kept([late, failing, best, opening]).Should().Equal(best);
    }

    [Fact]
    public void Report_HasARowForEachContender()
    {
        Result result = new(Of(BlueGreen, (client, _) => client == 0 ? Old : New));

        string report = StoryReport.Of(BlueGreen, new Pace(30), [result, result]);

        report.Split('\n').Count(line => line.StartsWith("| one of `them` | 0.00 s | never | 0 | 0 | 4.0 |", StringComparison.Ordinal)).Should().Be(2, report);
        report.Should().Contain("30 times faster than told");
    }

    [Theory]
    [InlineData("answers")]
    [InlineData("latency")]
    [InlineData("connections")]
    public void Picture_IsAPictureWithALaneForEachContender(string kind)
    {
        Result[] results = [new(Of(BlueGreen, (_, _) => Old)), new(Of(BlueGreen, (_, _) => null))];
        IPanel panel = kind switch { "answers" => new AnswersPanel(), "latency" => new LatencyPanel(), _ => new ConnectionsPanel(results) };

        XElement picture = XDocument.Parse(StoryPicture.Of(results, panel)).Root!;

        picture.Name.LocalName.Should().Be("svg");
        picture.Elements().Count(text => text.Value == "one of them").Should().Be(2);
    }

    [Theory]
    [InlineData(30, 1, 30)]
    [InlineData(15, 2, 15)]
    [InlineData(7, 4, 7.5)]
    [InlineData(1, 30, 1)]
    public void Pace_TtlIsInWholeSeconds(double scale, int ttl, double exact)
    {
        Pace pace = new(scale);

        pace.TtlSeconds.Should().Be(ttl);
        pace.Exact.Should().Be(exact);
        pace.Of(TimeSpan.FromMinutes(2)).Should().Be(4 * pace.Ttl);
    }

    [Fact]
    public void Stories_StepsAreInOrder_AndWhatIsSwitchedOffHasLeft()
    {
        foreach (Story story in StoryCatalogue.All)
        {
            story.Steps.Should().BeInAscendingOrder(step => step.At, story.Name);
            string[] present = story.First;
            foreach (Step step in story.Steps)
            {
                present = step.Kind == StepKind.Says ? step.Addresses : present;
                step.Addresses.Where(_ => step.Kind == StepKind.Stop).Should().NotContain(address => present.Contains(address), story.Name);
            }
        }
    }
}
