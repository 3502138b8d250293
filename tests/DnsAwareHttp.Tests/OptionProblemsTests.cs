using Microsoft.Extensions.Options;

namespace DnsAwareHttp.Tests;

public sealed class OptionProblemsTests
{
    private readonly OptionProblems _problems = new();

    [Theory]
    [InlineData("MaxTtl is 00:00:00; give a time.", "MaxTtl")]
    [InlineData("MembershipByHost[\"svc.test\"] is 9; give one of Strict.", "MembershipByHost")]
    [InlineData("MaxTtl", "MaxTtl")]
    public void OptionOf_IsWhatTheLineBeginsWith(string line, string option) => OptionProblems.OptionOf(line).Should().Be(option);

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(5, false)]
    [InlineData(6, true)]
    public void Between_TakesBothBounds(int value, bool isProblem)
    {
        _problems.Between("Number", value, 2, 5);
        _problems.Between("Time", TimeSpan.FromSeconds(value), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5));

        string[] expected =
            [$"Number is {value}; give a number from 2 to 5.", $"Time is 00:00:0{value}; give a time from 00:00:02 to 00:00:05."];
        _problems.Lines.Should().Equal(isProblem ? expected : []);
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(5_000, false)]
    [InlineData(5_001, true)]
    public void PositiveUpTo_TakesTheGreatestAndNotZero(int milliseconds, bool isProblem)
    {
        TimeSpan value = TimeSpan.FromMilliseconds(milliseconds);

        _problems.PositiveUpTo("Time", value, TimeSpan.FromSeconds(5));

        _problems.Lines.Should().Equal(isProblem ? [$"Time is {value:c}; give a time above 0, up to 00:00:05."] : []);
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(-2, true)]
    [InlineData(0, true)]
    [InlineData(5_000, false)]
    [InlineData(5_001, true)]
    public void PositiveOrInfinite_TakesTheInfiniteTimeToo(int milliseconds, bool isProblem)
    {
        TimeSpan value = TimeSpan.FromMilliseconds(milliseconds);

        _problems.PositiveOrInfinite("Time", value, TimeSpan.FromSeconds(5));

        _problems.Lines.Should().Equal(
            isProblem ? [$"Time is {value:c}; give a time above 0, up to 00:00:05, or Timeout.InfiniteTimeSpan."] : []);
    }

    [Fact]
    public void Defined_ListsTheValuesThatThereAre()
    {
        _problems.Defined("Reason", EmptyReason.NoData);
        _problems.Lines.Should().BeEmpty();

        _problems.Defined("Reason", (EmptyReason)9);
        _problems.Lines.Should().Equal("Reason is 9; give one of NxDomain, NoData.");
    }

    [Fact]
    public void ThrowIfAny_ReportsAllTogetherWithTheTypeOfTheOptions()
    {
        _problems.Add("MaxTtl is wrong.");
        _problems.Add("MinTtl is wrong.");

        OptionsValidationException thrown =
            _problems.Invoking(problems => problems.ThrowIfAny(typeof(DnsCacheOptions))).Should().Throw<OptionsValidationException>().Which;

        thrown.Failures.Should().Equal("DnsCacheOptions.MaxTtl is wrong.", "DnsCacheOptions.MinTtl is wrong.");
        thrown.OptionsType.Should().Be<DnsCacheOptions>();
    }

    [Fact]
    public void ThrowIfAny_WithoutMistakes_DoesNotThrow() =>
        _problems.Invoking(problems => problems.ThrowIfAny(typeof(DnsCacheOptions))).Should().NotThrow();
}
