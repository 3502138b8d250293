using DnsAwareHttp.Membership;
using static DnsAwareHttp.Tests.Membership.Trace;

namespace DnsAwareHttp.Tests.Membership;

public sealed class AddressHistoryTests
{
    private const int MaxChances = 128;

    [Fact]
    public void New_WasSeenOnce() => AddressHistory.New(Address(1), 7).Should().Be(new AddressHistory(Address(1), 7, 7, Run: 1, Returns: 0, Chances: 0));

    [Fact]
    public void MissesAt_CountsTheAnswersSinceTheLast() => AddressHistory.New(Address(1), 7).MissesAt(10).Should().Be(3);

    [Fact]
    public void SeenAgain_InARow_IsNoReturn() =>
        AddressHistory.New(Address(1), 7).SeenAgain(8, MaxChances).SeenAgain(9, MaxChances)
            .Should().Be(new AddressHistory(Address(1), 7, 9, Run: 3, Returns: 0, Chances: 0));

    [Fact]
    public void SeenAgain_AfterAnAbsence_IsAReturnWithAChanceForEachAnswer()
    {
        AddressHistory returned = AddressHistory.New(Address(1), 7).SeenAgain(8, MaxChances).SeenAgain(12, MaxChances);
        returned.Should().Be(new AddressHistory(Address(1), 7, 12, Run: 1, Returns: 1, Chances: 3));

        returned.SeenAgain(14, MaxChances).Should().Be(new AddressHistory(Address(1), 7, 14, Run: 1, Returns: 2, Chances: 4));
    }

    [Fact]
    public void SeenAgain_BeyondTheLimit_HalvesReturnsAndChancesTogether()
    {
        AddressHistory history = new(Address(1), 1, 10, Run: 1, Returns: 4, Chances: 6);

        history.SeenAgain(13, maxChances: 8).Should().Be(new AddressHistory(Address(1), 1, 13, Run: 1, Returns: 5, Chances: 8));
        history.SeenAgain(14, maxChances: 8).Should().Be(new AddressHistory(Address(1), 1, 14, Run: 1, Returns: 3, Chances: 5));
    }

    [Theory]
    [InlineData(1, 20, true)]
    [InlineData(20, 3, true)]
    [InlineData(20, 4, false)]
    [InlineData(4, 4, false)]
    public void WasBrief_IfTheAbsenceOrThePresenceWas(int run, int absence, bool isBrief) =>
        new AddressHistory(Address(1), 1, 50, run, 0, 0).WasBrief(51 + absence, longest: 3).Should().Be(isBrief);
}
