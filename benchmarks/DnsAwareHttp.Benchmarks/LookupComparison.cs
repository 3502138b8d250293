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
/// Lookups per second and bytes per lookup of our resolvers beside <see cref="Dns.GetHostAddressesAsync(string)"/> and the DnsClient
/// package: distinct names, A and AAAA, the same dnsmasq in a network namespace with its own resolv.conf. Needs Linux, root, <c>unshare</c>, <c>ip</c> and <c>dnsmasq</c>; ends by itself.
/// </summary>
internal static class LookupComparison
{
    // The runtime compiles a method anew after some thousand calls, and counts calls until then. getaddrinfo has no such time.
    private const int Warmup = 20_000;
    private const int Rounds = 11;

    private const string StartServer = """
        dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --cache-size=0 --local-ttl=60 --listen-address=127.0.0.1 --bind-interfaces \
            --user=root --pid-file= --address=/bench.test/10.1.2.3 --address=/bench.test/fd00::1 > /dev/null 2>&1 &
        """;

    public static async Task<int> RunAsync(string[] args) => args switch
    {
        ["inside", string lookups] => await CompareAsync(int.Parse(lookups, CultureInfo.InvariantCulture)),
        _ => PrivateNamespace.Start(StartServer, "lookups", "inside", args is [string count] ? count : "2000"),
    };

    private static async Task<int> CompareAsync(int lookups)
    {
        await using DnsResolver resolver = new(new DnsCacheOptions(), TimeProvider.System, NullLogger.Instance);
        DnsClientResolver adapter = new();
        LookupClient client = new(new LookupClientOptions(IPAddress.Loopback) { UseCache = false });
        await WaitForServerAsync(resolver);
        Console.WriteLine($"{"",-17} {"at a time",10} {"best /s",10} {"median /s",10} {"bytes each",11} {"incomplete",11}   {Rounds} rounds of {lookups:N0}");
        foreach (int parallel in (int[])[1, 64, 512])
        {
            // With room for all names of a round: what is measured is the first lookup of a name, not the eviction of another.
            DnsCache cache = new(new DnsCacheOptions { MaxEntries = 100_000 });
            await ReportAsync(parallel, lookups,
            [
                new Contender("operating system", static async name => (await Dns.GetHostAddressesAsync(name)).Length),
                new Contender("DnsResolver", async name => Count(await resolver.ResolveAsync(name, CancellationToken.None))),
                new Contender("DnsCache", async name => Count(await cache.PrefetchAsync(name)))
                {
                    Renew = async () =>
                    {
                        await cache.DisposeAsync();
                        cache = new DnsCache(new DnsCacheOptions { MaxEntries = 100_000 });
                    },
                },
                new Contender("DnsClientResolver", async name => Count(await adapter.ResolveAsync(name, CancellationToken.None))),
                new Contender("DnsClient itself", async name =>
                {
                    Task<IDnsQueryResponse> v6 = client.QueryAsync(name, QueryType.AAAA);
                    return (await client.QueryAsync(name, QueryType.A)).Answers.Count + (await v6).Answers.Count;
                }),
            ]);
            await cache.DisposeAsync();
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

    // The contenders take turns, so that each of them has its share of the quiet times of a busy machine.
    private static async Task ReportAsync(int parallel, int lookups, Contender[] contenders)
    {
        for (int round = 0; round <= Rounds; round++)
        {
            foreach (Contender contender in contenders)
            {
                await MeasureAsync(contender, round, parallel, round == 0 ? Warmup : lookups);
            }
        }

        foreach (Contender one in contenders)
        {
            one.PerSecond.Sort();
            Console.WriteLine(
                $"{one.Who,-17} {parallel,10} {one.PerSecond[^1],10:N0} {one.PerSecond[Rounds / 2],10:N0} {one.Bytes,11:N0} {one.Incomplete,11}");
        }
    }

    private static async Task MeasureAsync(Contender contender, int round, int parallel, int lookups)
    {
        await contender.Renew();
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long start = Stopwatch.GetTimestamp();
        int incomplete = await RoundAsync($"r{round}", parallel, lookups, contender.Look);
        double perSecond = lookups / Stopwatch.GetElapsedTime(start).TotalSeconds;
        double bytes = (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)lookups;
        if (round > 0)
        {
            contender.PerSecond.Add(perSecond);
            contender.Incomplete += incomplete;
            contender.Bytes = Math.Min(contender.Bytes, bytes);
        }
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
                if (!await IsCompleteAsync(look, $"{round}n{number}.bench.test"))
                {
                    Interlocked.Increment(ref incomplete);
                }
            }
        }));
        return incomplete;
    }

    private static async Task<bool> IsCompleteAsync(Func<string, Task<int>> look, string name)
    {
        try
        {
            return await look(name) == 2;
        }
        catch (Exception exception) when (exception is DnsResponseException or SocketException)
        {
            // All its questions were lost.
            return false;
        }
    }

    private sealed record Contender(string Who, Func<string, Task<int>> Look)
    {
        /// <summary>Before each round, and not measured: nothing of the round before is known any more.</summary>
        public Func<ValueTask> Renew { get; init; } = static () => ValueTask.CompletedTask;

        public List<double> PerSecond { get; } = [];

        public double Bytes { get; set; } = double.MaxValue;

        public int Incomplete { get; set; }
    }
}
