using System.Net.Sockets;
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
            NameServers = [_dns.Address], HostsFilePath = _empty.Path, ResolvConfPath = _empty.Path, NsswitchPath = _empty.Path,
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

    [Fact]
    public async Task AaaaWithoutAnAnswer_DoesNotDelayTheAddressesOfA()
    {
        _dns.Behaves("svc.test", AddressFamily.InterNetworkV6, DnsMode.Silent);
        Task dead = Silent("n0.dead.test");
        await _dns.QueriedAsync("n0.dead.test", AddressFamily.InterNetwork, 1);
        TaskCompletionSource told = new(TaskCreationOptions.RunContinuationsAsynchronously);

        using IDisposable name = _cache!.Subscribe("svc.test", AddressFamily.Unspecified, _ => told.TrySetResult());
        Task second = _dns.QueriedAsync("svc.test", AddressFamily.InterNetworkV6, 2);

        (await Task.WhenAny(told.Task, second, dead)).Should().BeSameAs(told.Task, "AAAA is asked for a second time after 2 s");
    }

    private Task Silent(string host)
    {
        _dns.Behaves(host, AddressFamily.Unspecified, DnsMode.Silent);
        return _cache!.PrefetchAsync(host);
    }
}
