using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class AddressOrderTests
{
    private readonly ScriptedSources _sources = new();

    // Each row: the better destination and its source, then the other and its source. RFC 6724 section 10.2 without
    // its examples of home and of deprecated addresses, which a socket does not tell.
    [Theory]
    [InlineData("2001:db8:1::1", "2001:db8:1::2", "198.51.100.121", "169.254.13.78", "prefer matching scope")]
    [InlineData("198.51.100.121", "198.51.100.117", "2001:db8:1::1", "fe80::1", "prefer matching scope")]
    [InlineData("2001:db8:1::1", "2001:db8:1::2", "10.1.2.3", "10.1.2.4", "prefer higher precedence")]
    [InlineData("fe80::1", "fe80::2", "2001:db8:1::1", "2001:db8:1::2", "prefer smaller scope")]
    [InlineData("2001:db8:1::1", "2001:db8:1::2", "2001:db8:3ffe::1", "2001:db8:3f44::2", "longest matching prefix")]
    [InlineData("2002:c633:6401::1", "2002:c633:6401::2", "2001:db8:1::1", "2002:c633:6401::2", "prefer matching label")]
    [InlineData("2001:db8:1::1", "2001:db8:1::2", "2002:c633:6401::1", "2002:c633:6401::2", "prefer higher precedence")]
    public void Rfc6724_ExamplesOfSection10_2_ComeInTheirOrder(string better, string betterSource, string other, string otherSource, string rule)
    {
        _sources.From(betterSource, better).From(otherSource, other);

        Sort([better, other]).Should().Equal([better, other], rule);
        Sort([other, better]).Should().Equal([better, other], rule);
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2", "IPv4 has a higher precedence than unique local addresses")]
    [InlineData("10.0.0.1", "10.0.0.2", "2002:a00:1::1", "2002:a00:1::2", "IPv4 has a higher precedence than 6to4")]
    [InlineData("10.0.0.1", "10.0.0.2", "2001::1", "2001::2", "IPv4 has a higher precedence than Teredo")]
    [InlineData("fd00::1", "fd00::2", "2001:db8::1", "fd00::2", "labels match before precedence is asked")]
    [InlineData("10.0.0.1", "10.0.0.2", "2001:db8::1", "fd00::2", "labels match before precedence is asked")]
    [InlineData("::1", "::1", "127.0.0.1", "127.0.0.1", "loopback has the highest precedence")]
    public void Rfc6724_DefaultPolicyTable_GivesItsPrecedenceAndLabel(string better, string betterSource, string other, string otherSource, string reason)
    {
        _sources.From(betterSource, better).From(otherSource, other);

        Sort([better, other]).Should().Equal([better, other], reason);
        Sort([other, better]).Should().Equal([better, other], reason);
    }

    [Fact]
    public void AddressesWithoutRoute_ComeLast_AndDoNotTakeTurns()
    {
        _sources.From("10.0.0.9", "10.0.0.1", "10.0.0.2", "10.0.0.3");

        Sort(["2001:db8::1", "10.0.0.1", "2001:db8::2", "10.0.0.2", "192.0.2.1", "10.0.0.3"])
            .Should().Equal("10.0.0.1", "10.0.0.2", "10.0.0.3", "2001:db8::1", "192.0.2.1", "2001:db8::2");
    }

    [Fact]
    public void NoRouteAtAll_PrecedenceDecides() =>
        Sort(["10.0.0.1", "10.0.0.2", "2001:db8::1"]).Should().Equal("2001:db8::1", "10.0.0.1", "10.0.0.2");

    [Fact]
    public void Families_TakeTurns_StartingWithTheBest()
    {
        BothFamiliesRouted();

        Sort(["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "2001:db8::1", "2001:db8::2"])
            .Should().Equal("2001:db8::1", "10.0.0.1", "2001:db8::2", "10.0.0.2", "10.0.0.3", "10.0.0.4");
        Sort(["10.0.0.1", "2001:db8::1", "2001:db8::2", "2001:db8::3"])
            .Should().Equal("2001:db8::1", "10.0.0.1", "2001:db8::2", "2001:db8::3");
    }

    [Fact]
    public void PreferredFamily_Begins()
    {
        BothFamiliesRouted();

        Sort(["2001:db8::1", "2001:db8::2", "10.0.0.1"], preferred: AddressFamily.InterNetwork)
            .Should().Equal("10.0.0.1", "2001:db8::1", "2001:db8::2");
        Sort(["2001:db8::1", "10.0.0.1"], preferred: AddressFamily.InterNetworkV6).Should().Equal("2001:db8::1", "10.0.0.1");
    }

    [Fact]
    public void PreferredFamily_WithoutRoute_DoesNotBegin()
    {
        _sources.From("2001:db8::9", "2001:db8::1", "2001:db8::2");

        Sort(["10.0.0.1", "2001:db8::1", "2001:db8::2"], preferred: AddressFamily.InterNetwork)
            .Should().Equal("2001:db8::1", "2001:db8::2", "10.0.0.1");
    }

    [Fact]
    public void PreferredFamily_Absent_ChangesNothing()
    {
        BothFamiliesRouted();

        Sort(["10.0.0.1", "10.0.0.2"], preferred: AddressFamily.InterNetworkV6).Should().Equal("10.0.0.1", "10.0.0.2");
    }

    [Theory]
    [InlineData(0, "10.0.0.1", "10.0.0.2", "10.0.0.3")]
    [InlineData(1, "10.0.0.2", "10.0.0.3", "10.0.0.1")]
    [InlineData(2, "10.0.0.3", "10.0.0.1", "10.0.0.2")]
    [InlineData(3, "10.0.0.1", "10.0.0.2", "10.0.0.3")]
    [InlineData(-1, "10.0.0.1", "10.0.0.2", "10.0.0.3")]
    [InlineData(int.MinValue, "10.0.0.3", "10.0.0.1", "10.0.0.2")]
    public void Equals_AreRotated(int rotation, params string[] expected)
    {
        BothFamiliesRouted();

        Sort(["10.0.0.1", "10.0.0.2", "10.0.0.3"], rotation).Should().Equal(expected);
    }

    [Fact]
    public void Rotation_StaysWithinTheRank()
    {
        _sources.From("2001:db8:1::9", "2001:db8:1::1", "2001:db8:1::2", "2001:db8:7::1", "2001:db8:7::2");

        Sort(["2001:db8:7::1", "2001:db8:7::2", "2001:db8:1::1", "2001:db8:1::2"], rotation: 1)
            .Should().Equal("2001:db8:1::2", "2001:db8:1::1", "2001:db8:7::2", "2001:db8:7::1");
    }

    [Fact]
    public void Rotation_SpreadsAFleetEvenly()
    {
        BothFamiliesRouted();
        string[] addresses = [.. Enumerable.Range(1, 5).Select(i => $"10.0.0.{i}")];

        Enumerable.Range(0, 1000).GroupBy(process => Sort(addresses, process)[0])
            .Should().HaveCount(5).And.OnlyContain(first => first.Count() == 200);
    }

    [Fact]
    public void NeighboursInOneSubnet_AreEquals()
    {
        _sources.From("10.0.0.4", "10.0.0.200", "10.0.0.5").From("2001:db8::4", "2001:db8::ffff", "2001:db8::5");

        Sort(["10.0.0.200", "10.0.0.5"]).Should().Equal("10.0.0.200", "10.0.0.5");
        Sort(["2001:db8::ffff", "2001:db8::5"]).Should().Equal("2001:db8::ffff", "2001:db8::5");
    }

    [Fact]
    public void IPv4Mapped_CountsAsIPv4_AndKeepsItsForm()
    {
        BothFamiliesRouted();

        Sort(["::ffff:10.0.0.1", "::ffff:10.0.0.2", "2001:db8::1"])
            .Should().Equal("2001:db8::1", "::ffff:10.0.0.1", "::ffff:10.0.0.2");
        _sources.Asked.Keys.Should().NotContain(address => address.IsIPv4MappedToIPv6);
    }

    [Fact]
    public void NothingAndOne_AreReturnedUnasked()
    {
        Sort([]).Should().BeEmpty();
        Sort(["10.0.0.1"]).Should().Equal("10.0.0.1");
        _sources.Asked.Should().BeEmpty();
    }

    [Fact]
    public void Duplicates_AreKept_AndAskedOnce()
    {
        BothFamiliesRouted();

        Sort(["10.0.0.1", "10.0.0.1", "2001:db8::1", "10.0.0.2", "2001:db8::1"])
            .Should().Equal("2001:db8::1", "10.0.0.1", "2001:db8::1", "10.0.0.1", "10.0.0.2");
        _sources.Asked.Values.Should().OnlyContain(times => times == 1);
    }

    [Fact]
    public void FiveThousandAddresses_AreAllThere_EachAskedOnce()
    {
        Random random = new(6724);
        _sources.Otherwise = destination => RandomAddresses.SourceOrNone(random, destination.AddressFamily);
        ImmutableArray<IPAddress> addresses = [.. Enumerable.Range(0, 5000).Select(_ => RandomAddresses.Next(random))];

        ImmutableArray<IPAddress> sorted = AddressOrder.Sort(addresses, _sources, rotation: 77);

        Texts(sorted).Order(StringComparer.Ordinal).Should().Equal(Texts(addresses).Order(StringComparer.Ordinal));
        _sources.Asked.Values.Should().OnlyContain(times => times == 1);
    }

    [Fact]
    public void WithinOneFamily_RanksNeverFall()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            Random random = new(seed);
            Dictionary<IPAddress, IPAddress?> sources = [];
            _sources.Otherwise = destination => sources.TryGetValue(destination, out IPAddress? known)
                ? known
                : sources[destination] = RandomAddresses.SourceOrNone(random, destination.AddressFamily);
            ImmutableArray<IPAddress> addresses = [.. Enumerable.Range(0, 30).Select(_ => RandomAddresses.Next(random))];

            ImmutableArray<IPAddress> sorted = AddressOrder.Sort(addresses, _sources, random.Next());

            foreach (IGrouping<AddressFamily, IPAddress> family in sorted.GroupBy(address => address.AddressFamily))
            {
                family.Select(address => AddressRank.Of(address, sources[address]))
                    .Should().BeInAscendingOrder(Comparer<AddressRank>.Default, "seed {0}", seed);
            }
        }
    }

    private void BothFamiliesRouted() =>
        _sources.Otherwise = destination =>
            IPAddress.Parse(destination.AddressFamily == AddressFamily.InterNetwork ? "10.0.0.99" : "2001:db8::99");

    private string[] Sort(string[] addresses, int rotation = 0, AddressFamily preferred = AddressFamily.Unspecified) =>
        Texts(AddressOrder.Sort([.. addresses.Select(IPAddress.Parse)], _sources, rotation, preferred));

    private static string[] Texts(ImmutableArray<IPAddress> addresses) => [.. addresses.Select(address => address.ToString())];
}
