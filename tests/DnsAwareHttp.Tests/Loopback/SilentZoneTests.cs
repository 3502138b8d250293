using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>Names without an answer, and one family without an answer, delay no others.</summary>
public sealed class SilentZoneTests : IAsyncLifetime
{
    private readonly ScriptedDnsServer _dns = ScriptedDnsServer.Start();
    private readonly TemporaryFile _empty = new();
    private DnsCache? _cache;

    public Task InitializeAsync()
    {
        _empty.Write("");
        _dns.Says("svc.test", 60, "10.0.0.1");
        _cache = new DnsCache(new DnsCacheOptions
        {
            NameServers = [_dns.Address],
            HostsFilePath = _empty.Path,
            ResolvConfPath = _empty.Path,
            NsswitchPath = _empty.Path,
        });
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _cache!.DisposeAsync();
        await _dns.DisposeAsync();
        _empty.Dispose();
    }

    [Theory]
    [InlineData(64, "dead.test")]
    [InlineData(200, "dead.test")]
    [InlineData(200, "test")]
    public async Task HealthyName_BehindManySilentOnes_IsFoundBeforeAnyOfThemEnds(int count, string zone)
    {
        Task[] dead = [.. Enumerable.Range(0, count).Select(number => Silent($"n{number}.{zone}"))];
        await _dns.QueriedAsync($"n0.{zone}", AddressFamily.InterNetwork, 1);

        Task<Answer> healthy = _cache!.PrefetchAsync("svc.test");
        Task first = await Task.WhenAny([healthy, .. dead]);

        first.Should().BeSameAs(healthy, "each silent name is waited for 4 s");
        (await healthy).Should().BeOfType<Answer.Found>();
    }

    [Theory]
    [InlineData("dead.test")]
    [InlineData("test")]
    public async Task WarmName_BehindManySilentOnes_IsFollowedBeforeAnyOfThemEnds(string zone)
    {
        TaskCompletionSource moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _dns.Says("warm.test", 1, "10.0.0.1");
        using IDisposable warm = _cache!.Subscribe("warm.test", AddressFamily.Unspecified, answer =>
        {
            if (answer.LastGood?.Addresses is [IPAddress address] && address.Equals(IPAddress.Parse("10.0.0.2")))
            {
                moved.TrySetResult();
            }
        });
        await _dns.QueriedAsync("warm.test", AddressFamily.InterNetwork, 1);

        Task[] dead = [.. Enumerable.Range(0, 400).Select(number => Silent($"n{number}.{zone}"))];
        await _dns.QueriedAsync($"n0.{zone}", AddressFamily.InterNetwork, 1);
        _dns.Says("warm.test", 1, "10.0.0.2");

        (await Task.WhenAny([moved.Task, .. dead])).Should().BeSameAs(moved.Task, "its TTL is 1 s, and each silent name is waited for 4 s");
    }

    [Theory]
    [InlineData("dead.test")]
    [InlineData("test")]
    public async Task SilentNames_ThatTheirCallersGaveUp_DelayNoOthers(string zone)
    {
        using CancellationTokenSource givenUp = new();
        Task[] dead = [.. Enumerable.Range(0, 500).Select(number => Silent($"n{number}.{zone}", givenUp.Token))];
        await _dns.QueriedAsync($"n0.{zone}", AddressFamily.InterNetwork, 1);
        await givenUp.CancelAsync();
        await Task.WhenAll(dead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        Task last = Silent($"last.{zone}");
        for (int number = 0; number < 5; number++)
        {
            _dns.Says($"live{number}.test", 60, "10.0.0.1");
            Task<Answer> live = _cache!.PrefetchAsync($"live{number}.test");
            (await Task.WhenAny(live, last)).Should().BeSameAs(live, "the last silent name is waited for 4 s");
            (await live).Should().BeOfType<Answer.Found>();
        }
    }

    [Fact]
    public async Task AaaaWithoutAnAnswer_DoesNotDelayTheAddressesOfA()
    {
        _dns.Behaves("svc.test", AddressFamily.InterNetworkV6, DnsMode.Silent);
        await using DnsCache patient = new(new DnsCacheOptions
        {
            NameServers = [_dns.Address],
            HostsFilePath = _empty.Path,
            ResolvConfPath = _empty.Path,
            NsswitchPath = _empty.Path,
            QueryTimeout = TimeSpan.FromSeconds(30),
        });
        TaskCompletionSource<CachedAnswer> told = new(TaskCreationOptions.RunContinuationsAsynchronously);

        using IDisposable name = patient.Subscribe("svc.test", AddressFamily.Unspecified, answer => told.TrySetResult(answer));

        CachedAnswer first = await told.Task.WaitAsync(TimeSpan.FromSeconds(30));
        first.LastGood?.Addresses.Should().Equal(IPAddress.Parse("10.0.0.1"));
        first.Latest.Should().BeOfType<Answer.Found>("it does not wait for the end of the question about AAAA, which never comes");
    }

    private Task<Answer> Silent(string host, CancellationToken cancellationToken = default)
    {
        _dns.Behaves(host, AddressFamily.Unspecified, DnsMode.Silent);
        return _cache!.PrefetchAsync(host, cancellationToken: cancellationToken);
    }
}
