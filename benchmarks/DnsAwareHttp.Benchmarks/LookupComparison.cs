using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.DnsClient;
using DnsAwareHttp.Resolution.Sources;
using DnsClient;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Benchmarks;

/// <summary>
/// Lookups per second and bytes per lookup of our resolvers beside <see cref="Dns.GetHostAddressesAsync(string)"/> and the DnsClient package: distinct names, A and AAAA, the same dnsmasq in a network
/// namespace with its own resolv.conf. Needs Linux, root, <c>unshare</c>, <c>ip</c> and <c>dnsmasq</c>; ends by itself.
/// </summary>
internal static class LookupComparison
{
    private const int Warmup = 500;
    private const int Rounds = 3;

    private const string InNamespace = """
        ip link set lo up
        printf 'nameserver 127.0.0.1\n' > "$1/resolv.conf"
        printf '127.0.0.1 localhost\n' > "$1/hosts"
        printf 'hosts: files dns\n' > "$1/nsswitch.conf"
        for file in resolv.conf hosts nsswitch.conf; do [ -e "/etc/$file" ] && mount --bind "$1/$file" "/etc/$file"; done
        dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --cache-size=0 --listen-address=127.0.0.1 --bind-interfaces --user=root --pid-file= \
            --address=/bench.test/10.1.2.3 --address=/bench.test/fd00::1 > /dev/null 2>&1 &
        shift
        exec "$@"
        """;

    public static async Task<int> RunAsync(string[] args) => args is ["inside", string lookups] ? await CompareAsync(int.Parse(lookups, CultureInfo.InvariantCulture)) : StartInside(args is [string count] ? count : "5000");

    private static int StartInside(string lookups)
    {
        string folder = Directory.CreateTempSubdirectory("lookups").FullName;
        try
        {
            // The namespace of processes ends with its first one, and dnsmasq with it.
            ProcessStartInfo start = new("unshare", ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-ec", InNamespace, "sh", folder,
                Environment.ProcessPath!, .. IsHost(Environment.ProcessPath!) ? (string[])[typeof(LookupComparison).Assembly.Location] : [], "lookups", "inside", lookups]);
            using Process process = Process.Start(start)!;
            process.WaitForExit();
            return process.ExitCode;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool IsHost(string path) => Path.GetFileNameWithoutExtension(path) == "dotnet";

    private static async Task<int> CompareAsync(int lookups)
    {
        await using DnsResolver resolver = new(new DnsCacheOptions(), TimeProvider.System, NullLogger.Instance);
        DnsClientResolver adapter = new();
        LookupClient client = new(new LookupClientOptions(IPAddress.Loopback) { UseCache = false });
        await WaitForServerAsync(resolver);
        Console.WriteLine($"{"",-17} {"at a time",10} {"lookups/s",10} {"bytes each",11} {"threads",8} {"incomplete",11}   best of {Rounds} rounds of {lookups:N0}");
        foreach (int parallel in (int[])[1, 64, 512])
        {
            await ReportAsync("operating system", parallel, lookups, static async name => (await Dns.GetHostAddressesAsync(name)).Length);
            await ReportAsync("DnsResolver", parallel, lookups, async name => Count(await resolver.ResolveAsync(name, CancellationToken.None)));

            // With room for all names of a row: what is measured is the first lookup of a name, not the eviction of another.
            await using DnsCache cache = new(new DnsCacheOptions { MaxEntries = 1_000_000 });
            await ReportAsync("DnsCache", parallel, lookups, async name => Count(await cache.PrefetchAsync(name)));
            await ReportAsync("DnsClientResolver", parallel, lookups, async name => Count(await adapter.ResolveAsync(name, CancellationToken.None)));
            await ReportAsync("DnsClient itself", parallel, lookups, async name =>
            {
                Task<IDnsQueryResponse> v6 = client.QueryAsync(name, QueryType.AAAA);
                return (await client.QueryAsync(name, QueryType.A)).Answers.Count + (await v6).Answers.Count;
            });
        }

        return 0;
    }

    private static int Count(Answer answer) => answer is Answer.Found found ? found.Addresses.Length : 0;

    private static async Task WaitForServerAsync(DnsResolver resolver)
    {
        for (int attempt = 0; attempt < 50 && await resolver.ResolveAsync("up.bench.test", AddressFamily.InterNetwork, CancellationToken.None) is not Answer.Found; attempt++)
        {
            await Task.Delay(100);
        }
    }

    private static async Task ReportAsync(string who, int parallel, int lookups, Func<string, Task<int>> look)
    {
        _ = await RoundAsync("w", parallel, Warmup, look);
        (double PerSecond, double Bytes) best = default;
        int incomplete = 0;
        for (int round = 0; round < Rounds; round++)
        {
            long allocated = GC.GetTotalAllocatedBytes(precise: true);
            long start = Stopwatch.GetTimestamp();
            incomplete += await RoundAsync($"r{round}", parallel, lookups, look);
            double perSecond = lookups / Stopwatch.GetElapsedTime(start).TotalSeconds;
            double bytes = (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)lookups;
            best = perSecond > best.PerSecond ? (perSecond, bytes) : best;
        }

        Console.WriteLine($"{who,-17} {parallel,10} {best.PerSecond,10:N0} {best.Bytes,11:N0} {ThreadPool.ThreadCount,8} {incomplete,11}");
    }

    /// <summary>How many lookups did not bring the two addresses.</summary>
    private static async Task<int> RoundAsync(string round, int parallel, int lookups, Func<string, Task<int>> look)
    {
        int next = 0;
        int incomplete = 0;
        await Task.WhenAll(Enumerable.Range(0, parallel).Select(async _ =>
        {
            await Task.Yield();
            while (Interlocked.Increment(ref next) is int number && number <= lookups)
            {
                if (await look($"{round}n{number}.bench.test") != 2)
                {
                    Interlocked.Increment(ref incomplete);
                }
            }
        }));
        return incomplete;
    }
}
