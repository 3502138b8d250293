using System.Globalization;
using System.Net.Sockets;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Tests.Resolution.Sources;

/// <summary>More lookups at a time than there may be sockets.</summary>
public sealed class ManyLookupsTests
{
    private const int Count = 10_000;

    [LinuxFact]
    public async Task TenThousandDistinctNames_OfASlowServer_AreAllAnsweredWithBoundedSockets()
    {
        await using ScriptedDnsServer dns = ScriptedDnsServer.Start();
        dns.Delay = TimeSpan.FromMilliseconds(20);
        using TemporaryFile empty = new();
        empty.Write("");
        DnsCacheOptions options = new() { NameServers = [dns.Address], Attempts = 10, ResolvConfPath = empty.Path };
        DnsResolver resolver = new(options, TimeProvider.System, NullLogger.Instance);
        using CancellationTokenSource deadline = new(TimeSpan.FromMinutes(2));
        int threads = ThreadPool.ThreadCount;
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(20));
        (int Sockets, int Threads) most = default;

        Task<Answer[]> all = Task.WhenAll(Enumerable.Range(0, Count)
            .Select(number => resolver.ResolveAsync($"n{number}.test", AddressFamily.InterNetwork, deadline.Token).AsTask()));
        while (!all.IsCompleted)
        {
            most = (Math.Max(most.Sockets, SocketsTo(dns.EndPoint.Port)), Math.Max(most.Threads, ThreadPool.ThreadCount));
            await tick.WaitForNextTickAsync();
        }

        (await all).Should().AllBeOfType<Answer.Empty>("the server knows none of them");
        most.Sockets.Should().BeInRange(1, QuestionPlaces.MaxOpen + 32, "the table changes while it is read, and may show a socket and the one that took its place");
        most.Threads.Should().BeLessThan(threads + 100);
        SocketsTo(dns.EndPoint.Port).Should().Be(0);
    }

    [Fact]
    public async Task TenThousandDistinctNames_OfASilentServer_EndWithTheirToken()
    {
        await using ScriptedDnsServer dns = ScriptedDnsServer.Start();
        dns.Mode = DnsMode.Silent;
        using TemporaryFile empty = new();
        empty.Write("");
        DnsCacheOptions options = new() { NameServers = [dns.Address], QueryTimeout = TimeSpan.FromSeconds(30), ResolvConfPath = empty.Path };
        DnsResolver resolver = new(options, TimeProvider.System, NullLogger.Instance);
        using CancellationTokenSource deadline = new();
        Task<Answer>[] all = [.. Enumerable.Range(0, Count).Select(number => resolver.ResolveAsync($"n{number}.test", AddressFamily.InterNetwork, deadline.Token).AsTask())];
        await dns.QueriedAsync("n0.test", AddressFamily.InterNetwork, 1);
        await deadline.CancelAsync();
        await Task.WhenAll((IEnumerable<Task>)all).WaitAsync(TimeSpan.FromMinutes(1)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        all.Should().OnlyContain(static one => one.IsCanceled || one.Result is Answer.Failed, "what has a place ends within its share");

        dns.Mode = DnsMode.Answer;
        (await resolver.ResolveAsync("svc.test", AddressFamily.InterNetwork, default).AsTask().WaitAsync(TimeSpan.FromMinutes(1))).Should().BeOfType<Answer.Empty>();
    }

    private static int SocketsTo(int port)
    {
        string remote = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        return File.ReadLines("/proc/net/udp").Skip(1).Count(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2].EndsWith(remote, StringComparison.Ordinal));
    }
}
