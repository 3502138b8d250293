namespace DnsAwareHttp.IntegrationTests;

/// <summary>A network of its own with nothing but a loopback, and its own resolv.conf and hosts file. All of it ends with the test.</summary>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    private NetworkNamespace()
    {
    }

    public string Name { get; } = $"dnsaware-{Environment.ProcessId}-{Random.Shared.Next(100_000)}";

    private string Folder => $"/etc/netns/{Name}";

    public static async Task<NetworkNamespace> CreateAsync(string resolvConf, string hosts, params string[] addresses)
    {
        NetworkNamespace made = new();
        Directory.CreateDirectory(made.Folder);
        made.Write("resolv.conf", resolvConf);
        made.Write("hosts", hosts);
        await ChildProcess.RunAsync("ip", ["netns", "add", made.Name]);
        await ChildProcess.RunAsync("ip", ["-n", made.Name, "link", "set", "lo", "up"]);
        foreach (string address in addresses)
        {
            await ChildProcess.RunAsync("ip", ["-n", made.Name, "addr", "add", $"{address}/32", "dev", "lo"]);
        }

        return made;
    }

    /// <summary>Writes into the file as it is: inside, it is a bind mount, which a rename would not reach.</summary>
    public void Write(string file, string text) => File.WriteAllText(Path.Combine(Folder, file), text);

    /// <summary>Runs a program inside to its end, and tells what it wrote.</summary>
    public Task<string> RunAsync(string program, string[] arguments, string? input = null, CancellationToken end = default) =>
        ChildProcess.RunAsync("ip", ["netns", "exec", Name, Machine.PathOf(program) ?? program, .. arguments], input, end);

    /// <summary>Packets to and from an address are lost from now on.</summary>
    public Task SilenceAsync(string address) => RunAsync("nft", ["-f", "-"], PacketDrop.Of(address));

    /// <summary>Packets arrive again.</summary>
    public Task EndSilenceAsync() => RunAsync("nft", ["-f", "-"], PacketDrop.End);

    public ChildProcess Start(string program, params string[] arguments) =>
        ChildProcess.Start("ip", ["netns", "exec", Name, Machine.PathOf(program) ?? program, .. arguments]);

    public async ValueTask DisposeAsync()
    {
        await ChildProcess.RunAsync("ip", ["netns", "delete", Name]);
        Directory.Delete(Folder, recursive: true);
    }
}
