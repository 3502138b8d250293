using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using DnsAwareHttp.DnsClient;
using DnsClient;

namespace DnsAwareHttp.Benchmarks;

/// <summary>
/// What each resolver makes of servers that are silent, late or hostile, and how long it takes: one resolver after the other, with servers
/// in processes of their own, in a network namespace with its own resolv.conf. Needs Linux, root, <c>unshare</c> and <c>ip</c>; ends by
/// itself after some three minutes. Arguments name the cases to run; without any all are run.
/// </summary>
internal static class ResolverCases
{
    private const string ResolvConf = "/etc/resolv.conf";
    private const string First = "127.0.0.1";
    private const string Second = "127.0.0.2";
    private const int Repeats = 4;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(45);

    public static Task<int> RunAsync(string[] args) => args switch
    {
        ["inside", .. string[] hosts] => CompareAsync(hosts),
        ["serve", string address] => CaseServer.RunAsync(address),
        _ => Task.FromResult(PrivateNamespace.Start(":", ["cases", "inside", .. args])),
    };

    private static async Task<int> CompareAsync(string[] hosts)
    {
        await ReportLoopbackOnlyAsync();
        await AddInterfaceAsync();
        using Process first = StartServer(First);
        using Process second = StartServer(Second);
        await NameServersAsync(First);
        await SetAsync(first, CaseMode.Answers);
        await ReportAsync("warm-up", "warm");
        foreach ((string title, string servers, CaseMode firstMode, CaseMode secondMode, string host) in Cases().Where(one => IsAsked(one.Host)))
        {
            await SetAsync(first, firstMode);
            await SetAsync(second, secondMode);
            await NameServersAsync(servers);
            await ReportAsync(title, host);
        }

        await SetAsync(first, CaseMode.Late);
        await NameServersAsync(First);
        await ReportAsync("200 names at once, each answer takes 100 ms", "many", repeats: 200);
        if (IsAsked("change"))
        {
            await SetAsync(first, CaseMode.Answers);
            await SetAsync(second, CaseMode.AnswersOther);
            await ReportChangeAsync();
        }

        // The end of their input ends the servers.
        first.StandardInput.Close();
        second.StandardInput.Close();
        return 0;

        bool IsAsked(string host) => hosts.Length == 0 || hosts.Contains(host);
    }

    private static Process StartServer(string address) =>
        Process.Start(new ProcessStartInfo(PrivateNamespace.Program[0], [.. PrivateNamespace.Program[1..], "cases", "serve", address])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;

    private static async Task SetAsync(Process server, CaseMode mode)
    {
        await server.StandardInput.WriteLineAsync(mode.ToString());
        await server.StandardInput.FlushAsync();
        _ = await server.StandardOutput.ReadLineAsync();
    }

    private static (string Title, string Servers, CaseMode First, CaseMode Second, string Host)[] Cases() =>
    [
        ("two servers that answer", $"{First} {Second}", CaseMode.Answers, CaseMode.Answers, "plain"),
        ("a name of IDN", First, CaseMode.Answers, CaseMode.Answers, "xn--bcher-kva"),
        ("one server, the first datagram of each question is lost", First, CaseMode.LosesOne, CaseMode.Silent, "lost"),
        ("the first server is silent, the second answers", $"{First} {Second}", CaseMode.Silent, CaseMode.Answers, "silent"),
        ("both servers are silent", $"{First} {Second}", CaseMode.Silent, CaseMode.Silent, "dead"),
        ("the first server answers SERVFAIL, the second answers", $"{First} {Second}", CaseMode.ServFail, CaseMode.Answers, "servfail"),
        ("the second server does not know the name", $"{First} {Second}", CaseMode.Answers, CaseMode.NxDomain, "internal"),
        ("alias without its target", First, CaseMode.AliasAlone, CaseMode.Silent, "alias"),
        ("loop of aliases", First, CaseMode.AliasLoop, CaseMode.Silent, "loop"),
        ("truncated; by TCP in one piece", First, CaseMode.Truncates, CaseMode.Silent, "tcp"),
        ("truncated; by TCP the length comes in two pieces", First, CaseMode.TruncatesInPieces, CaseMode.Silent, "pieces"),
        ("another machine answers first, with the right id", First, CaseMode.ForgedSender, CaseMode.Silent, "forged"),
        ("an answer to another question comes first, with the right id", First, CaseMode.ForgedQuestion, CaseMode.Silent, "question"),
    ];

    private static async Task ReportLoopbackOnlyAsync()
    {
        await NameServersAsync(First);
        Console.WriteLine("only the loopback is up");
        try
        {
            Console.WriteLine($"  DnsClient itself would ask {string.Join(' ', new LookupClient().NameServers)}");
        }
        catch (Exception exception)
        {
            Console.WriteLine($"  DnsClient itself {exception.GetType().Name}: {exception.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static async Task AddInterfaceAsync()
    {
        using Process ip = Process.Start("sh", ["-ec", "ip link add one type veth peer name two; ip address add 10.9.9.9/24 dev one; ip link set one up; ip link set two up"]);
        await ip.WaitForExitAsync();
        for (int attempt = 0; attempt < 100 && !NetworkInterface.GetAllNetworkInterfaces().Any(static one => one is { Name: "one", OperationalStatus: OperationalStatus.Up }); attempt++)
        {
            await Task.Delay(50);
        }
    }

    private static Task NameServersAsync(string servers) =>
        File.WriteAllTextAsync(ResolvConf, string.Concat(servers.Split(' ').Select(static server => $"nameserver {server}\n")));

    private static async Task ReportAsync(string title, string host, int repeats = Repeats)
    {
        Console.WriteLine(title);
        await using DnsCache ours = new();
        await using DnsCache adapter = new(resolver: new DnsClientResolver());
        LookupClient client = new();
        await ReportAsync("DnsCache", $"{host}.d", async name => Say(await ours.PrefetchAsync(name)), repeats);
        await ReportAsync("DnsClientResolver", $"{host}.a", async name => Say(await adapter.PrefetchAsync(name)), repeats);
        await ReportAsync("DnsClient itself", $"{host}.c", name => ClientAsync(client, name), repeats);
        await ReportAsync("operating system", $"{host}.o", SystemAsync, repeats);
    }

    private static async Task ReportAsync(string who, string host, Func<string, Task<string>> look, int repeats)
    {
        ConcurrentBag<(string Outcome, double Time)> results = [];
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, repeats).Select(async number =>
        {
            await Task.Yield();
            string outcome;
            try
            {
                outcome = await look($"{host}{number}.case.test").WaitAsync(Longest);
            }
            catch (TimeoutException)
            {
                outcome = "nothing";
            }
            catch (Exception exception)
            {
                outcome = exception.GetType().Name;
            }

            results.Add((outcome, Stopwatch.GetElapsedTime(start).TotalMilliseconds));
        }));
        foreach (IGrouping<string, (string Outcome, double Time)> same in results.GroupBy(static result => result.Outcome))
        {
            Console.WriteLine($"  {who,-17} {same.Count(),3} times after {same.Min(static one => one.Time),6:N0} to {same.Max(static one => one.Time),6:N0} ms: {same.Key}");
        }
    }

    private static async Task ReportChangeAsync()
    {
        Console.WriteLine("resolv.conf names another server (TTL 1 s)");
        await NameServersAsync(First);
        await using DnsCache ours = new();
        await using DnsCache adapter = new(resolver: new DnsClientResolver());
        LookupClient client = new(new LookupClientOptions { UseCache = false });
        (string Who, Func<Task<string>> Look)[] all =
        [
            ("operating system", () => SystemAsync("change.case.test")),
            ("DnsCache", async () => Say(await ours.PrefetchAsync("change.case.test"))),
            ("DnsClientResolver", async () => Say(await adapter.PrefetchAsync("change.case.test"))),
            ("DnsClient itself", () => ClientAsync(client, "change.case.test")),
        ];
        await Task.WhenAll(all.Select(static one => one.Look()));
        await Task.Delay(TimeSpan.FromSeconds(3));
        await NameServersAsync(Second);
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(all.Select(async one =>
        {
            string outcome;
            do
            {
                await Task.Delay(20);
                outcome = await one.Look();
            }
            while (!outcome.Contains("10.0.0.2") && Stopwatch.GetElapsedTime(start).TotalSeconds < 10);
            Console.WriteLine($"  {one.Who,-17} after {Stopwatch.GetElapsedTime(start).TotalMilliseconds,6:N0} ms: {outcome}");
        }));
    }

    private static async Task<string> SystemAsync(string name) => Say(await Dns.GetHostAddressesAsync(name));

    private static async Task<string> ClientAsync(LookupClient client, string name)
    {
        Task<IDnsQueryResponse> v6 = client.QueryAsync(name, QueryType.AAAA);
        IDnsQueryResponse v4 = await client.QueryAsync(name, QueryType.A);
        IPAddress[] addresses = [.. v4.Answers.Concat((await v6).Answers).OfType<global::DnsClient.Protocol.AddressRecord>().Select(static record => record.Address)];
        return addresses.Length > 0 ? Say(addresses) : $"no address, {v4.Header.ResponseCode}";
    }

    private static string Say(Answer answer) => answer switch
    {
        Answer.Found found => Say([.. found.Addresses]),
        Answer.Failed failed => $"failed, {failed.Reason}",
        _ => answer.ToString(),
    };

    private static string Say(IPAddress[] addresses) => string.Join(' ', addresses.Select(static address => address.ToString()).Order(StringComparer.Ordinal));
}
