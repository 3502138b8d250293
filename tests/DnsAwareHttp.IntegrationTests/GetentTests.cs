namespace DnsAwareHttp.IntegrationTests;

/// <summary>The same addresses as the system's resolver finds, in a network with its own resolv.conf, nsswitch.conf and hosts file.</summary>
public sealed class GetentTests
{
    private static readonly string[] Names =
    [
        "one.example.test", "ONE.example.test", "one.example.test.", "one", "two", "two.other", "deep.one", "v6", "both", "alias", "listed.test", "listed4.test", "LISTED.test", "alias-of-listed",
        "nowhere", "nowhere.example.test", "localhost", "10.1.2.3", "fd00::7", "second", "second.other.test", "many", "printer.local",
    ];

    [NamespaceTheory("dnsmasq", "getent")]
    [InlineData("search example.test other.test", "hosts: files dns")]
    [InlineData("search example.test other.test\noptions ndots:2", "hosts: files dns")]
    [InlineData("domain other.test", "hosts: files dns")]
    [InlineData("search example.test\noptions use-vc", "hosts: files dns")]
    [InlineData("search example.test other.test\noptions single-request attempts:1 timeout:1", "hosts: files mymachines dns myhostname")]
    [InlineData("search example.test", "hosts: files [NOTFOUND=return] dns")]
    public async Task Addresses_AreThoseOfGetent(string search, string nsswitch)
    {
        await using NetworkNamespace net = await NetworkNamespace.CreateAsync(
            $"nameserver 10.97.0.53\n{search}\n", "127.0.0.1 localhost\n::1 localhost ip6-localhost\n10.97.1.1 listed.test alias-of-listed\nfd00::11 listed.test\n10.97.1.2 listed4.test\n", "10.97.0.53", "fd77:1::1");
        net.Write("nsswitch.conf", $"passwd: files\n{nsswitch}\n");
        await using ChildProcess dns = net.Start(
            "dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=root", "--listen-address=10.97.0.53", "--bind-interfaces", "--pid-file=",
            "--local=/test/other/one/local/", "--local=//", "--local-ttl=30", "--log-facility=-", "--host-record=one.example.test,10.0.0.1", "--host-record=two.example.test,10.0.0.2", "--host-record=two.other.test,10.0.0.3",
            "--host-record=deep.one.other.test,10.0.0.4", "--host-record=v6.example.test,fd00::1", "--host-record=both.example.test,10.0.0.5,fd00::5", "--cname=alias.example.test,both.example.test",
            "--host-record=second.other.test,10.0.0.6", "--host-record=many.example.test,10.0.1.1", "--host-record=many.example.test,10.0.1.2", "--host-record=many.example.test,10.0.1.3");
        await using ChildProcess probe = net.Start("dotnet", NamespaceProbe.Path, "resolve");
        await Eventually.Holds(() => dns.Output.Contains("started", StringComparison.Ordinal), "dnsmasq is up");

        Dictionary<string, string> ours = [];
        Dictionary<string, string> systems = [];
        foreach (string name in Names)
        {
            ours[name] = await probe.AskAsync(name);
            systems[name] = await GetentAsync(net, name);
        }

        ours.Should().BeEquivalentTo(systems);
        systems["listed.test"].Should().Be("10.97.1.1 fd00::11", "getent was asked in there");
    }

    private static async Task<string> GetentAsync(NetworkNamespace net, string name)
    {
        string said = await net.RunAsync("sh", ["-c", $"getent ahosts '{name}' || true"]);
        string[] addresses = [.. said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0]).Distinct().Order(StringComparer.Ordinal)];
        return addresses.Length == 0 ? "none" : string.Join(' ', addresses);
    }
}
