using DnsAwareHttp.Membership;

namespace DnsAwareHttp.Tests.Membership;

public sealed class DepartureReasonsTests
{
    [Fact]
    public void Tag_EveryReason_HasItsOwnInSnakeCase()
    {
        string[] tags = [.. Enum.GetValues<DepartureReason>().Select(DepartureReasons.Tag)];

        tags.Should().OnlyHaveUniqueItems().And.AllSatisfy(tag => tag.Should().MatchRegex("^[a-z]+(_[a-z]+)*$"));
    }

    [Fact]
    public void Tag_IsTheNameOfTheReason() =>
        Enum.GetValues<DepartureReason>().Should().AllSatisfy(
            reason => DepartureReasons.Tag(reason).Replace("_", "", StringComparison.Ordinal).Should().BeEquivalentTo(reason.ToString()));
}
