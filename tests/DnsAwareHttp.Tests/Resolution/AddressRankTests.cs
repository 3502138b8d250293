using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class AddressRankTests
{
    private const int Rounds = 50_000;

    [Fact]
    public void Ranks_AgreeWithTheRulesReadPairByPair()
    {
        Random random = new(10);
        for (int round = 0; round < Rounds; round++)
        {
            Route a = NextRoute(random);
            Route b = NextRoute(random);
            Assert.True(Math.Sign(a.Rank.CompareTo(b.Rank)) == Rules(a, b), $"{a} is compared with {b}");
        }
    }

    [Fact]
    public void Ranks_AreATotalOrder()
    {
        Random random = new(11);
        for (int round = 0; round < Rounds; round++)
        {
            AddressRank a = NextRoute(random).Rank;
            AddressRank b = NextRoute(random).Rank;
            AddressRank c = NextRoute(random).Rank;

            Assert.True(Math.Sign(a.CompareTo(b)) == -Math.Sign(b.CompareTo(a)), "antisymmetric");
            Assert.True((a.CompareTo(b) == 0) == (a == b), "of equal rank only if equal");
            Assert.True(a.CompareTo(b) > 0 || b.CompareTo(c) > 0 || a.CompareTo(c) <= 0, "transitive");
        }
    }

    [Theory]
    [InlineData("2001:db8::1", 40, 1)]
    [InlineData("10.0.0.1", 35, 4)]
    [InlineData("::1", 50, 0)]
    [InlineData("::2", 1, 3)]
    [InlineData("2001::1", 5, 5)]
    [InlineData("2001:1::1", 40, 1)]
    [InlineData("2002::1", 30, 2)]
    [InlineData("3ffe::1", 1, 12)]
    [InlineData("fec0::1", 1, 11)]
    [InlineData("fc00::1", 3, 13)]
    [InlineData("fdff::1", 3, 13)]
    [InlineData("fe80::1", 40, 1)]
    [InlineData("fe80::1%3", 40, 1)]
    public void PolicyTable_IsTheDefaultOfRfc6724(string address, int precedence, int label)
    {
        PolicyTable.Policy policy = PolicyTable.For(IPAddress.Parse(address));

        (policy.Precedence, policy.Label).Should().Be((precedence, label));
    }

    [Theory]
    [InlineData("10.0.0.1", AddressScope.Global)]
    [InlineData("192.168.0.1", AddressScope.Global)]
    [InlineData("169.254.0.1", AddressScope.LinkLocal)]
    [InlineData("169.253.0.1", AddressScope.Global)]
    [InlineData("127.255.0.1", AddressScope.LinkLocal)]
    [InlineData("::1", AddressScope.LinkLocal)]
    [InlineData("::2", AddressScope.Global)]
    [InlineData("fe80::1", AddressScope.LinkLocal)]
    [InlineData("fe80::1%7", AddressScope.LinkLocal)]
    [InlineData("fec0::1", AddressScope.SiteLocal)]
    [InlineData("fd00::1", AddressScope.Global)]
    [InlineData("2001:db8::1", AddressScope.Global)]
    [InlineData("ff01::1", 1)]
    [InlineData("ff12::1", AddressScope.LinkLocal)]
    [InlineData("ff05::1", AddressScope.SiteLocal)]
    [InlineData("ff0e::1", AddressScope.Global)]
    public void Scope_IsThatOfRfc6724(string address, int scope) => AddressScope.Of(IPAddress.Parse(address)).Should().Be(scope);

    private static Route NextRoute(Random random)
    {
        IPAddress destination = RandomAddresses.Next(random);
        return new Route(destination, RandomAddresses.SourceOrNone(random, destination.AddressFamily));
    }

    /// <summary>RFC 6724 section 6, rule by rule, as it is written: less than 0 means "prefer a".</summary>
    private static int Rules(Route a, Route b)
    {
        if (a.Source is null != b.Source is null)
        {
            return a.Source is null ? 1 : -1;
        }

        if (a.Source is not null && b.Source is not null)
        {
            bool scopeA = AddressScope.Of(a.Destination) == AddressScope.Of(a.Source);
            bool scopeB = AddressScope.Of(b.Destination) == AddressScope.Of(b.Source);
            if (scopeA != scopeB)
            {
                return scopeA ? -1 : 1;
            }

            bool labelA = PolicyTable.For(a.Destination).Label == PolicyTable.For(a.Source).Label;
            bool labelB = PolicyTable.For(b.Destination).Label == PolicyTable.For(b.Source).Label;
            if (labelA != labelB)
            {
                return labelA ? -1 : 1;
            }
        }

        int precedence = PolicyTable.For(b.Destination).Precedence.CompareTo(PolicyTable.For(a.Destination).Precedence);
        if (precedence != 0)
        {
            return precedence;
        }

        int scope = AddressScope.Of(a.Destination).CompareTo(AddressScope.Of(b.Destination));
        if (scope != 0 || a.Source is null || b.Source is null)
        {
            return scope;
        }

        bool bothIPv6 = a.Destination.AddressFamily == AddressFamily.InterNetworkV6 && b.Destination.AddressFamily == AddressFamily.InterNetworkV6;
        return bothIPv6 ? EqualBits(b.Destination, b.Source).CompareTo(EqualBits(a.Destination, a.Source)) : 0;
    }

    private static int EqualBits(IPAddress destination, IPAddress source) =>
        Bits(destination).Zip(Bits(source)).Take(64).TakeWhile(pair => pair.First == pair.Second).Count();

    private static IEnumerable<bool> Bits(IPAddress address) =>
        address.GetAddressBytes().SelectMany(octet => Enumerable.Range(0, 8).Select(bit => (octet & (0x80 >> bit)) != 0));

    private readonly record struct Route(IPAddress Destination, IPAddress? Source)
    {
        public AddressRank Rank => AddressRank.Of(Destination, Source);
    }
}
