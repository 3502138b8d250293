using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Membership;
using static DnsAwareHttp.Tests.Membership.Trace;

namespace DnsAwareHttp.Tests.Membership;

public sealed class AddressSubsetTests
{
    private static readonly ImmutableArray<IPAddress> Thousand = Addresses([.. Enumerable.Range(0, 1_000)]);

    [Fact]
    public void Of_FewEnough_IsAllOfThem() => AddressSubset.Of(Thousand, 1_000, seed: 1).Should().Equal(Thousand);

    [Fact]
    public void Of_TooMany_IsAsManyAsMayBeInTheirOrder()
    {
        ImmutableArray<IPAddress> subset = AddressSubset.Of(Thousand, 8, seed: 1);

        subset.Should().HaveCount(8).And.OnlyHaveUniqueItems();
        subset.Should().Equal(Thousand.Where(subset.Contains));
    }

    [Fact]
    public void Of_TheSameSetInAnotherOrder_IsTheSameSubset()
    {
        IPAddress[] shuffled = [.. Thousand];
        new Random(7).Shuffle(shuffled);

        AddressSubset.Of([.. shuffled], 8, seed: 1).Should().BeEquivalentTo(AddressSubset.Of(Thousand, 8, seed: 1));
    }

    [Fact]
    public void Of_OneOfAThousandIsRemoved_ChangesOnlyItsOwnPlace()
    {
        ImmutableArray<IPAddress> whole = AddressSubset.Of(Thousand, 8, seed: 1);
        foreach (IPAddress removed in Thousand)
        {
            ImmutableArray<IPAddress> subset = AddressSubset.Of(Thousand.Remove(removed), 8, seed: 1);
            subset.Except(whole).Should().HaveCount(whole.Contains(removed) ? 1 : 0);
        }
    }

    [Fact]
    public void Of_OneIsAdded_ChangesOnePlaceAtMost()
    {
        ImmutableArray<IPAddress> whole = AddressSubset.Of(Thousand, 8, seed: 1);
        for (int added = 1_000; added < 1_200; added++)
        {
            AddressSubset.Of(Thousand.Add(Address(added)), 8, seed: 1).Intersect(whole).Should().HaveCountGreaterThanOrEqualTo(7);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    public void Of_AFleetOf2000Processes_UsesAllAddressesEvenly(int firstSeed)
    {
        Dictionary<IPAddress, int> uses = Thousand.ToDictionary(address => address, _ => 0);
        for (int seed = firstSeed; seed < firstSeed + 2_000; seed++)
        {
            foreach (IPAddress address in AddressSubset.Of(Thousand, 8, seed))
            {
                uses[address]++;
            }
        }

        // 16 on average, with a standard deviation of 4: chance alone goes no further.
        uses.Values.Should().OnlyContain(count => count >= 1 && count <= 36);
    }

    [Fact]
    public void Of_AFleetOf100Processes_NoAddressIsUsedByMany()
    {
        IEnumerable<IPAddress> used = Enumerable.Range(0, 100).SelectMany(seed => AddressSubset.Of(Thousand, 8, seed));
        int[] uses = [.. used.GroupBy(address => address).Select(group => group.Count())];

        // 0.8 on average: chance alone brings hardly ever more than 6.
        uses.Max().Should().BeLessThanOrEqualTo(6);
        uses.Length.Should().BeGreaterThan(500);
    }

    [Fact]
    public void Of_IPv6Addresses_AreToldApartByTheirLastByte()
    {
        ImmutableArray<IPAddress> addresses = [.. Enumerable.Range(1, 200).Select(i => IPAddress.Parse($"fd00::{i:x}"))];

        ImmutableArray<IPAddress>[] subsets = [.. Enumerable.Range(0, 50).Select(seed => AddressSubset.Of(addresses, 4, seed))];

        subsets.SelectMany(subset => subset).Distinct().Should().HaveCountGreaterThan(100);
    }
}
