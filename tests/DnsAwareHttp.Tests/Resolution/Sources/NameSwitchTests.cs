using DnsAwareHttp.Resolution.Sources;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class NameSwitchTests
{
    private const string Machine = "box7.example.test";

    [Theory]
    [InlineData("hosts: files dns", "", "", true)]
    [InlineData("hosts:files dns", "", "", true)]
    [InlineData("hosts:\tfiles  mymachines\tdns  myhostname # comment", "mymachines", "myhostname", true)]
    [InlineData("hosts: files mdns4_minimal [NOTFOUND=return] dns mdns4", "mdns4_minimal", "mdns4", true)]
    [InlineData("hosts: files myhostname resolve [!UNAVAIL=return] dns", "myhostname,resolve", "", true)]
    [InlineData("hosts: files myhostname resolve [ !UNAVAIL = return ] dns\r", "myhostname,resolve", "", true)]
    [InlineData("hosts: files resolve", "resolve", "", false)]
    [InlineData("hosts: files", "", "", false)]
    [InlineData("hosts: files [NOTFOUND=return] dns", "", "", false)]
    [InlineData("hosts: files sss [ notfound = return ] dns", "sss", "", false)]
    [InlineData("hosts: files mdns4 [SUCCESS=return NOTFOUND=return] dns", "mdns4", "", false)]
    [InlineData("hosts: files dns [NOTFOUND=return] wins", "", "wins", true)]
    [InlineData("passwd: files\nhosts: files nis dns\ngroup: files", "nis", "", true)]
    [InlineData("hosts: files nis dns\nhosts: files dns", "nis", "", true)]
    [InlineData("# hosts: files nis\nhostsx: nis", "", "", true)]
    [InlineData("", "", "", true)]
    [InlineData(null, "", "", true)]
    public void Line_TellsWhoIsAskedBeforeAndBehindDns(string? text, string before, string after, bool asksDns)
    {
        NameSwitch read = NameSwitch.Parse(text);

        (string.Join(',', read.BeforeDns), string.Join(',', read.AfterDns), read.AsksDns).Should().Be((before, after, asksDns));
    }

    [Theory]
    [InlineData("mdns4_minimal", "printer.local", true)]
    [InlineData("mdns4_minimal", "PRINTER.Local.", true)]
    [InlineData("mdns4_minimal", "local", true)]
    [InlineData("mdns4_minimal", "printer", false)]
    [InlineData("mdns4_minimal", "api.locale", false)]
    [InlineData("mdns", "a.b.local", true)]
    [InlineData("mymachines", "printer", true)]
    [InlineData("mymachines", "api.test", false)]
    [InlineData("myhostname", "box7", true)]
    [InlineData("myhostname", "box7.example.test", true)]
    [InlineData("myhostname", "box", false)]
    [InlineData("myhostname", "_gateway", true)]
    [InlineData("myhostname", "printer", false)]
    [InlineData("resolve", "printer", true)]
    [InlineData("resolve", "printer.local", true)]
    [InlineData("resolve", "BOX7.example.test.", true)]
    [InlineData("resolve", "api.test", false)]
    [InlineData("libvirt", "vm1", true)]
    [InlineData("wins", "api.test", false)]
    public void Module_OwnsTheNamesThatItWouldKnow(string module, string host, bool expected)
    {
        NameSwitch.Parse($"hosts: files {module} dns").IsForSystemFirst(host, Machine).Should().Be(expected);
        NameSwitch.Parse($"hosts: files dns {module}").IsForSystemAfterwards(host, Machine).Should().Be(expected);
        NameSwitch.Parse($"hosts: files dns {module}").IsForSystemFirst(host, Machine).Should().BeFalse();
    }

    [Fact]
    public void WithoutDns_EveryNameIsTheSystems() => NameSwitch.Parse("hosts: files resolve").IsForSystemFirst("api.test", Machine).Should().BeTrue();
}
