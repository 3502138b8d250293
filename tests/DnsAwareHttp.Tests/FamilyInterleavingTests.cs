using System.Net.Sockets;

namespace DnsAwareHttp.Tests;

public sealed class FamilyInterleavingTests
{
    [Theory]
    [InlineData("4a 4b 6a 6b", AddressFamily.Unspecified, "4a 6a 4b 6b")]
    [InlineData("6a 4a 4b 6b", AddressFamily.Unspecified, "6a 4a 6b 4b")]
    [InlineData("4a 4b 6a 6b", AddressFamily.InterNetworkV6, "6a 4a 6b 4b")]
    [InlineData("6a 6b 4a 4b", AddressFamily.InterNetwork, "4a 6a 4b 6b")]
    public void Families_TakeTurns_AndThePreferredOneBegins(string ranked, AddressFamily preferred, string expected) =>
        Of(ranked, preferred).Should().Be(expected);

    [Theory]
    [InlineData("4a 4b 4c 6a", "4a 6a 4b 4c")]
    [InlineData("4a 6a 6b 6c", "4a 6a 6b 6c")]
    [InlineData("6a", "6a")]
    public void FamilyThatEndsFirst_LeavesTheRestToTheOther(string ranked, string expected) =>
        Of(ranked, AddressFamily.Unspecified).Should().Be(expected);

    [Fact]
    public void PreferredFamilyWithoutItems_LeavesTheOrderAsItIs() =>
        Of("4a 4b", AddressFamily.InterNetworkV6).Should().Be("4a 4b");

    [Fact]
    public void NoItems_GiveNoItems() => FamilyInterleaving.Of<string>([], FamilyOf, AddressFamily.InterNetwork).Should().BeEmpty();

    private static string Of(string ranked, AddressFamily preferred) =>
        string.Join(' ', FamilyInterleaving.Of(ranked.Split(' '), FamilyOf, preferred));

    private static AddressFamily FamilyOf(string item) => item[0] == '4' ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
}
