using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Tests.Loopback;

/// <summary>Servers and middleboxes that fail on EDNS (RFC 6891 section 7) are asked without it, and that is remembered for a while.</summary>
public sealed class OldDialectTests : IAsyncLifetime
{
    private readonly ScriptedDnsServer _dns = ScriptedDnsServer.Start();
    private readonly TemporaryFile _empty = new();
    private ResolverChain? _chain;

    public Task InitializeAsync()
    {
        _empty.Write("");
        _dns.Says("svc.test", 30, "10.0.0.1", "2001:db8::1");
        _dns.Says("big.test", 30, [.. Enumerable.Range(1, 60).Select(host => $"10.1.0.{host}")]);
        _dns.Says("middle.test", 30, [.. Enumerable.Range(1, 30).Select(host => $"10.1.0.{host}")]);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _chain!.DisposeAsync();
        await _dns.DisposeAsync();
        _empty.Dispose();
    }

    [Theory]
    [InlineData(DnsMode.SilentToEdns)]
    [InlineData(DnsMode.ServFailToEdns)]
    [InlineData(DnsMode.NotImpToEdns)]
    [InlineData(DnsMode.RefusedToEdns)]
    [InlineData(DnsMode.NxDomainToEdns)]
    [InlineData(DnsMode.CopiesEdns)]
    [InlineData(DnsMode.NoEdns)]
    public async Task ServerThatFailsWithEdns_IsUnderstood_AndAskedWithoutItFromThenOn(DnsMode mode)
    {
        _dns.Mode = mode;
        (await AskAsync("svc.test")).Should().Be("10.0.0.1 2001:db8::1");
        int asked = _dns.TotalQueries;

        (await AskAsync("big.test")).Split(' ').Should().HaveCount(60, "an answer that does not fit comes by TCP");
        (_dns.TotalQueries - asked, _dns.TcpQueries).Should().Be((3, 1), "A and AAAA without EDNS, and A by TCP");
    }

    [Fact]
    public async Task BigAnswersAreLostOnTheWay_ASmallOneIsAskedForBeside()
    {
        _dns.Mode = DnsMode.LosesBigAnswers;

        (await AskAsync("middle.test")).Split(' ').Should().HaveCount(30);
        _dns.TcpQueries.Should().Be(1);
    }

    [Fact]
    public async Task ServerThatKnowsEdns_IsBelievedAtOnce()
    {
        (await AskAsync("nowhere.test")).Should().Be("NxDomain");
        _dns.TotalQueries.Should().Be(2);
    }

    private async Task<string> AskAsync(string host)
    {
        _chain ??= new ResolverChain(
            new DnsCacheOptions { NameServers = [_dns.Address], QueryTimeout = TimeSpan.FromSeconds(1), HostsFilePath = _empty.Path, ResolvConfPath = _empty.Path },
            TimeProvider.System, NullLogger.Instance);
        return await _chain.ResolveAsync(host, default) switch
        {
            Answer.Found found => string.Join(' ', found.Addresses.Select(address => address.ToString())),
            Answer.Empty empty => empty.Reason.ToString(),
            Answer answer => answer.ToString(),
        };
    }
}
