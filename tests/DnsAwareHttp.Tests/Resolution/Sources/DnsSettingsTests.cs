using System.Net;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Sources;

/// <summary>resolv.conf(5).</summary>
public sealed class DnsSettingsTests
{
    private static readonly NameServer Server = NameServer.Parse("10.0.0.1");

    [Fact]
    public void Of_TakesTheOptionsBeforeTheFile_AndTheFileBeforeTheDefaults()
    {
        ResolvConf conf = new() { Timeout = TimeSpan.FromSeconds(7), Attempts = 4 };
        DnsCacheOptions options = new() { QueryTimeout = TimeSpan.FromSeconds(1), Attempts = 3 };

        TimesOf(DnsSettings.Of(options, [Server], conf)).Should().Be((TimeSpan.FromSeconds(1), 3));
        TimesOf(DnsSettings.Of(new DnsCacheOptions(), [Server], conf)).Should().Be((TimeSpan.FromSeconds(7), 4));
        TimesOf(DnsSettings.Of(new DnsCacheOptions(), [Server], new ResolvConf()))
            .Should().Be((DnsSettings.DefaultTimeout, DnsSettings.DefaultAttempts));
    }

    [Fact]
    public void Of_TakesTheServersThatItIsGiven_NotThoseOfTheFile()
    {
        ResolvConf conf = new() { NameServers = [new IPEndPoint(IPAddress.Loopback, 53)] };

        DnsSettings.Of(new DnsCacheOptions(), [Server], conf).Servers.Should().Equal(Server);
    }

    [Theory]
    [InlineData("")]
    [InlineData("rotate")]
    [InlineData("use-vc")]
    [InlineData("single-request")]
    [InlineData("no-aaaa")]
    [InlineData("no-tld-query")]
    public void Of_HasEachOptionOfTheFile(string option)
    {
        ResolvConf conf = ResolvConf.Parse($"search a.test b.test\noptions ndots:3 {option}", "host");

        DnsSettings settings = DnsSettings.Of(new DnsCacheOptions(), [Server], conf);

        settings.Search.Should().Equal("a.test", "b.test");
        settings.Ndots.Should().Be(3);
        new Dictionary<string, bool>
        {
            ["rotate"] = settings.Rotate,
            ["use-vc"] = settings.UseTcp,
            ["single-request"] = settings.OneByOne,
            ["no-aaaa"] = settings.WithoutAaaa,
            ["no-tld-query"] = settings.WithoutTopLevel,
        }.Where(setting => setting.Value).Select(setting => setting.Key).Should().Equal(option.Length == 0 ? [] : [option]);
    }

    [Theory]
    [InlineData("svc", 1, "svc.a.test svc.b.test svc")]
    [InlineData("x.svc", 1, "x.svc x.svc.a.test x.svc.b.test")]
    [InlineData("x.svc", 2, "x.svc.a.test x.svc.b.test x.svc")]
    [InlineData("svc", 0, "svc svc.a.test svc.b.test")]
    [InlineData("svc.", 1, "svc")]
    [InlineData("x.svc.", 5, "x.svc")]
    public void CandidatesFor_AreInTheOrderOfGlibc(string host, int ndots, string expected) =>
        string.Join(' ', Settings(ndots).CandidatesFor(host)).Should().Be(expected);

    [Theory]
    [InlineData("svc", 1)]
    [InlineData("svc.test", 1)]
    [InlineData("svc.test", 5)]
    [InlineData("svc.test.", 5)]
    public void FirstCandidateFor_IsTheFirstOfThem(string host, int ndots) =>
        Settings(ndots).FirstCandidateFor(host).Should().Be(Settings(ndots).CandidatesFor(host).First());

    [Fact]
    public void CandidatesFor_LeaveOutNamesThatAreTooLong()
    {
        string label = new('x', 63);
        string host = $"{label}.{label}.{label}.{new string('x', 60)}";

        Settings(ndots: 9).CandidatesFor(host).Should().Equal(host);
    }

    [Fact]
    public void CandidatesFor_ASingleLabel_IsNotAskedForAsItIsWhereThatIsUnwanted()
    {
        DnsSettings settings = Settings(ndots: 0) with { WithoutTopLevel = true };

        settings.CandidatesFor("svc").Should().Equal("svc.a.test", "svc.b.test");
        settings.CandidatesFor("x.svc").Should().StartWith("x.svc");
        settings.CandidatesFor("svc.").Should().Equal("svc");
    }

    private static DnsSettings Settings(int ndots) => new([Server], ["a.test", "b.test"], ndots, TimeSpan.FromSeconds(2), 2, Rotate: false);

    private static (TimeSpan Timeout, int Attempts) TimesOf(DnsSettings settings) => (settings.Timeout, settings.Attempts);
}
