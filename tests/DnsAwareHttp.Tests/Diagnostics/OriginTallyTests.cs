using DnsAwareHttp.Diagnostics;

namespace DnsAwareHttp.Tests.Diagnostics;

public sealed class OriginTallyTests
{
    private readonly OriginTally _tally = new();

    [Fact]
    public void Nothing_IsTold()
    {
        _tally.AnswerAge.Should().BeNull();
        _tally.RoundTripTime.Should().BeNull();
        _tally.CountOf(CountedState.Ready).Should().Be(0);
    }

    [Fact]
    public void AnswerAge_IsThatOfTheOldestInUse()
    {
        _tally.AddAnswer(TimeSpan.FromSeconds(1));
        _tally.AddAnswer(TimeSpan.FromSeconds(9));
        _tally.AddAnswer(TimeSpan.FromSeconds(3));

        _tally.AnswerAge.Should().Be(TimeSpan.FromSeconds(9));
    }

    [Fact]
    public void RoundTripTime_IsTheMean()
    {
        _tally.AddConnection(TimeSpan.FromMilliseconds(1));
        _tally.AddConnection(TimeSpan.FromMilliseconds(3));

        _tally.RoundTripTime.Should().Be(TimeSpan.FromMilliseconds(2));
    }

    [Fact]
    public void Endpoints_AreCountedByState()
    {
        _tally.AddEndpoint(CountedState.Ready);
        _tally.AddEndpoint(CountedState.Ready);
        _tally.AddEndpoint(CountedState.BackingOff);

        _tally.CountOf(CountedState.Ready).Should().Be(2);
        _tally.CountOf(CountedState.BackingOff).Should().Be(1);
    }
}
