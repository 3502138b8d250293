using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Resolution.Sources;

namespace DnsAwareHttp.Tests.Resolution.Sources;

/// <summary>hosts(5).</summary>
public sealed class HostsFileReaderTests
{
    private readonly HostsFileReader _reader = new();

    [Theory]
    [InlineData("SVC.Test.", "svc.test")]
    [InlineData("svc.test", "svc.test")]
    public void KeyOf_IsInLowerCaseWithoutADot(string name, string key) => HostsFileReader.KeyOf(name).Should().Be(key);

    [Fact]
    public void Names_AreKeptInLowerCaseWithoutADot() => Read("10.0.0.1\tSVC.Test. Other # third").Keys.Should().BeEquivalentTo("svc.test", "other");

    [Fact]
    public void NamesOfOneAddress_ShareIt()
    {
        Dictionary<string, ImmutableArray<IPAddress>> addresses = Read("0.0.0.0 a.test", "0.0.0.0 b.test c.test");

        (addresses["a.test"] == addresses["b.test"]).Should().BeTrue("a block list has hundreds of thousands of them");
        (addresses["b.test"] == addresses["c.test"]).Should().BeTrue();
    }

    [Fact]
    public void LinesOfOneName_AreUnitedInTheirOrderWithoutDuplicates()
    {
        Dictionary<string, ImmutableArray<IPAddress>> addresses = Read(
            "10.0.0.2 svc.test", "10.0.0.1 svc.test other.test", "10.0.0.2 SVC.test", "::1 svc.test", "10.0.0.1 svc.test");

        addresses["svc.test"].Select(address => address.ToString()).Should().Equal("10.0.0.2", "10.0.0.1", "::1");
        addresses["other.test"].Should().Equal(IPAddress.Parse("10.0.0.1"));
    }

    [Theory]
    [InlineData("10.2 svc.test")]
    [InlineData("010.0.0.1 svc.test")]
    [InlineData("[::1] svc.test")]
    [InlineData("0x7f000001 svc.test")]
    public void AddressThatTheSystemDoesNotRead_IsAProblem(string line)
    {
        Read("10.0.0.9 first.test", line).Keys.Should().Equal("first.test");

        _reader.Problems.Should().Equal(new HostsProblem(2, $"'{line.Split(' ')[0]}' is not an IP address", line));
    }

    [Fact]
    public void MappedAddress_IsIPv4() => Read("::ffff:10.0.0.1 svc.test")["svc.test"].Should().Equal(IPAddress.Parse("10.0.0.1"));

    [Fact]
    public void AddressWithoutAName_IsAProblem()
    {
        Read("", "  # only a comment", " 10.0.0.1 # svc.test ").Should().BeEmpty();

        _reader.Problems.Should().Equal(new HostsProblem(3, "no name follows the address", "10.0.0.1 # svc.test"));
    }

    [Fact]
    public void NameThatNobodyCanAskFor_IsAProblemOfItsOwn()
    {
        Read("10.0.0.1 a..test b.test").Keys.Should().Equal("b.test");

        _reader.Problems.Should().Equal(new HostsProblem(1, "'a..test' is not a host name (LabelEmpty)", "10.0.0.1 a..test b.test"));
    }

    private Dictionary<string, ImmutableArray<IPAddress>> Read(params string[] lines)
    {
        foreach (string line in lines)
        {
            _reader.Read(line);
        }

        return _reader.End();
    }
}
