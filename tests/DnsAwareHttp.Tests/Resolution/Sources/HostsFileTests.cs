using System.Net.Sockets;
using DnsAwareHttp.Resolution.Sources;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public class HostsFileTests
{
    [Fact]
    public void Lines_AreReadWithCommentsTabsCrLfAndBom()
    {
        HostsFile file = HostsFile.Parse("\uFEFF# all\r\n10.0.0.1\tSvc.Test  api.test.\t# two names\r\n\r\n  \t\r\n::1 svc.test\r\n10.0.0.2 svc.test");
        file.Problems.Should().BeEmpty();
        Of(file, "svc.test").Should().Equal("10.0.0.1", "::1", "10.0.0.2");
        Of(file, "SVC.TEST.").Should().Equal("10.0.0.1", "::1", "10.0.0.2");
        Of(file, "api.test").Should().Equal("10.0.0.1");
        Of(file, "other.test").Should().BeEmpty();
    }

    [Fact]
    public void Family_IsFiltered()
    {
        HostsFile file = HostsFile.Parse("10.0.0.1 svc.test\n::1 svc.test\n10.0.0.2 four.test\n");
        Of(file, "svc.test", AddressFamily.InterNetwork).Should().Equal("10.0.0.1");
        Of(file, "svc.test", AddressFamily.InterNetworkV6).Should().Equal("::1");
        Of(file, "four.test", AddressFamily.InterNetworkV6).Should().BeEmpty();
    }

    [Fact]
    public void DuplicatesAndMappedAddresses_AreFolded() =>
        Of(HostsFile.Parse("10.0.0.1 svc.test svc.test\n::ffff:10.0.0.1 svc.test\n10.0.0.2 svc.test\n"), "svc.test").Should().Equal("10.0.0.1", "10.0.0.2");

    [Fact]
    public void Scope_IsKept() =>
        HostsFile.Parse("fe80::1%7 svc.test").AddressesOf("svc.test", AddressFamily.Unspecified).Single().ScopeId.Should().Be(7);

    [Fact]
    public void MalformedLinesAndNames_AreSkippedAndReported()
    {
        HostsFile file = HostsFile.Parse("10.0.0.1 a.test\nnonsense b.test\n10.0.0.2\n10.1 c.test # short\n010.0.0.1 d.test\n10.0.0.3 ok.test e..test\n[::1] f.test\n10.0.0.4 z.test");
        file.Problems.Select(problem => problem.Line).Should().Equal(2, 3, 4, 5, 6, 7);
        file.Problems[0].Should().Be(new HostsProblem(2, "'nonsense' is not an IP address", "nonsense b.test"));
        file.Problems[1].Problem.Should().Be("no name follows the address");
        file.Problems[4].Problem.Should().Contain("e..test");
        Of(file, "a.test").Should().Equal("10.0.0.1");
        Of(file, "z.test").Should().Equal("10.0.0.4");
        Of(file, "ok.test").Should().Equal("10.0.0.3");
    }

    [Fact]
    public void Differences_AreTheNamesWhoseAddressesChanged()
    {
        HostsFile before = HostsFile.Parse("10.0.0.1 same.test\n10.0.0.2 moved.test\n10.0.0.3 gone.test\n10.0.0.1 turned.test\n10.0.0.2 turned.test\n");
        HostsFile after = HostsFile.Parse("10.0.0.9 moved.test\n10.0.0.1 same.test\n10.0.0.4 new.test\n10.0.0.2 turned.test\n10.0.0.1 turned.test\n");
        before.DifferencesTo(after).Should().BeEquivalentTo("moved.test", "gone.test", "new.test", "turned.test");
        after.DifferencesTo(after).Should().BeEmpty();
    }

    [Fact]
    public void BadName_DoesNotSpoilTheOthersOfItsLine()
    {
        HostsFile file = HostsFile.Parse("10.0.0.1 a.test b..test c.test caf\u00e9.test d.test\n");
        file.Problems.Should().HaveCount(2);
        ((string[])["a.test", "c.test", "d.test"]).Should().OnlyContain(name => Of(file, name, AddressFamily.Unspecified).SequenceEqual(new[] { "10.0.0.1" }));
    }

    [Fact]
    public void ManyAddressesOfOneName_KeepTheirOrder() =>
        Of(HostsFile.Parse(string.Concat(Enumerable.Range(0, 600).Select(i => $"10.0.{i / 250}.{i % 250} svc.test\n"))), "svc.test").Should().HaveCount(600).And.StartWith("10.0.0.0").And.EndWith("10.0.2.99");

    [Fact]
    public void BlockList_CostsTheTextOfItsNamesAndATable()
    {
        string text = string.Concat(Enumerable.Range(0, 50_000).Select(number => $"0.0.0.0 ads{number}.tracker{number % 977}.example.com # {number}\n"));
        long before = GC.GetAllocatedBytesForCurrentThread();
        HostsFile file = HostsFile.Parse(text);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Of(file, "ads7.tracker7.example.com").Should().Equal("0.0.0.0");
        allocated.Should().BeLessThan(4L * sizeof(char) * text.Length, "the text of the names and a table that grows by doubling are half of that");
    }

    private static string[] Of(HostsFile file, string host, AddressFamily family = AddressFamily.Unspecified) =>
        [.. file.AddressesOf(host, family).Select(address => address.ToString())];
}
