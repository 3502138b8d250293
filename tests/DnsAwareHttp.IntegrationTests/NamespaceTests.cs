namespace DnsAwareHttp.IntegrationTests;

/// <summary>A handler with nothing but defaults, in a network whose resolv.conf and hosts file the test writes.</summary>
public sealed class NamespaceTests
{
    [NamespaceFact("dnsmasq")]
    public async Task Defaults_UseTheSystemsNameServerSearchListAndHostsFile_AndFollowTheirChanges()
    {
        await using NetworkNamespace net = await NetworkNamespace.CreateAsync(
            "nameserver 10.97.0.53\nsearch example.test\n", "127.0.0.1 localhost\n10.97.0.1 listed.test\n", "10.97.0.1", "10.97.0.2", "10.97.0.53", "10.97.0.54");
        await using ChildProcess dns = StartDns(net, "10.97.0.53", "/svc.example.test/10.97.0.1");
        await using ChildProcess otherDns = StartDns(net, "10.97.0.54", "/moved.example.test/10.97.0.2");
        await using ChildProcess first = net.Start("dotnet", NamespaceProbe.Path, "serve", "10.97.0.1", "8080");
        await using ChildProcess second = net.Start("dotnet", NamespaceProbe.Path, "serve", "10.97.0.2", "8080");
        await Eventually.Holds(() => first.Output.Contains("serving") && second.Output.Contains("serving"), "both web servers are up");
        await using ChildProcess probe = net.Start("dotnet", NamespaceProbe.Path);

        (await probe.AskAsync("http://svc.example.test:8080/")).Should().Be("10.97.0.1", "resolv.conf names the server that knows it");
        (await probe.AskAsync("http://svc:8080/")).Should().Be("10.97.0.1", "the search list completes it");
        (await probe.AskAsync("http://listed.test:8080/")).Should().Be("10.97.0.1", "the hosts file lists it");
        (await probe.AskAsync("http://nowhere.example.test:8080/")).Should().StartWith("NameResolutionError");

        net.Write("hosts", "127.0.0.1 localhost\n10.97.0.2 listed.test\n");
        await Eventually.Answers(() => probe.AskAsync("http://listed.test:8080/"), "10.97.0.2");

        net.Write("resolv.conf", "nameserver 10.97.0.54\n");
        await Eventually.Answers(() => probe.AskAsync("http://moved.example.test:8080/"), "10.97.0.2");
    }

    private static ChildProcess StartDns(NetworkNamespace net, string address, string record) => net.Start(
        "dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=root", $"--listen-address={address}", "--bind-interfaces",
        "--pid-file=", "--local=/test/", $"--address={record}", "--local-ttl=1");
}
