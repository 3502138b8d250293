using DnsAwareHttp.Membership;

namespace DnsAwareHttp.Tests.Membership;

public sealed class ReplacementRunTests
{
    [Fact]
    public void From_IsCertainToBeChance() => ReplacementRun.From(5).Should().Be(new ReplacementRun(5, Newcomers: 0, ChanceProbability: 1));

    [Fact]
    public void With_IsTheProbabilityThatEachPlaceWentToANewcomer() =>
        ReplacementRun.From(5).With(size: 3, newcomers: 2, known: 2, newcomerProbability: 0.1)
            .Should().Be(new ReplacementRun(5, Newcomers: 2, ChanceProbability: 0.125));

    [Fact]
    public void With_FollowingAnswers_MultipliesAndAddsTheirNewcomers() =>
        ReplacementRun.From(5).With(2, 2, 2, 0.1).With(2, newcomers: 4, known: 2, newcomerProbability: 0.1)
            .Should().Be(new ReplacementRun(5, Newcomers: 6, ChanceProbability: 0.25 * 0.75 * 0.75));

    [Fact]
    public void With_UsualNewcomers_AreNoEvidence() =>
        ReplacementRun.From(5).With(size: 3, newcomers: 2, known: 2, newcomerProbability: 0.9).ChanceProbability.Should().Be(0.9);

    [Fact]
    public void With_NoKnownAddress_CountsAsOne() =>
        ReplacementRun.From(5).With(size: 1, newcomers: 1, known: 0, newcomerProbability: 0.1).ChanceProbability.Should().Be(0.5);
}
