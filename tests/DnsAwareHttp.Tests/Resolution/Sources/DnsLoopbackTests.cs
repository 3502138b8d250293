using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;
using Microsoft.Extensions.Logging.Abstractions;

namespace DnsAwareHttp.Tests.Resolution.Sources;

/// <summary>The whole chain over real sockets.</summary>
public sealed class DnsLoopbackTests : IAsyncLifetime
{
    private readonly ScriptedDnsServer _dns = ScriptedDnsServer.Start();
    private readonly ScriptedDnsServer _second = ScriptedDnsServer.Start();
    private readonly TemporaryFile _empty = new();

    public Task InitializeAsync()
    {
        _empty.Write("");
        _dns.Says("svc.test", 30, "10.0.0.1", "10.0.0.2", "2001:db8::1");
        _second.Says("svc.test", 60, "10.0.0.9");
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _dns.DisposeAsync();
        await _second.DisposeAsync();
        _empty.Dispose();
    }

    [Fact]
    public async Task BothFamilies_AreFound() => (await Ask("svc.test")).Should().Be(Found(30, "10.0.0.1", "10.0.0.2", "2001:db8::1"));

    [Fact]
    public async Task NamesWithout_AreEmpty()
    {
        _dns.SaysNxDomain("gone.test", 12);
        _dns.SaysNoData("mail.test", 13);
        (await Ask("gone.test")).Should().Be(new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(12)));
        (await Ask("mail.test")).Should().Be(new Answer.Empty(EmptyReason.NoData, TimeSpan.FromSeconds(13)));
        (await Ask("unheard-of.test")).Should().Be(new Answer.Empty(EmptyReason.NxDomain, TimeSpan.FromSeconds(5)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Aliases_AreFollowed(bool alone)
    {
        _dns.Alias("www.test", "svc.test", 7, alone);
        (await Ask("www.test")).Should().Be(Found(7, "10.0.0.1", "10.0.0.2", "2001:db8::1"));
        _dns.Queries("svc.test").Should().Be(alone ? 2 : 0);
    }

    [Fact]
    public async Task AliasesThatCostAQuestionEach_WithTtl0_AreBelievedASecondForEach()
    {
        for (int link = 0; link < 10; link++)
        {
            _dns.Alias($"a{link}.test", link < 9 ? $"a{link + 1}.test" : "svc.test", 0, alone: true);
        }

        (await Ask("a0.test")).Should().Be(Found(10, "10.0.0.1", "10.0.0.2", "2001:db8::1"));
    }

    [Fact]
    public async Task AliasesInACircle_Fail()
    {
        foreach (ScriptedDnsServer server in (ScriptedDnsServer[])[_dns, _second])
        {
            server.Alias("a.test", "b.test", 7, alone: true);
            server.Alias("b.test", "a.test", 7, alone: true);
        }

        (await Ask("a.test")).Should().BeOfType<Answer.Failed>();
    }

    [Theory]
    [InlineData(DnsMode.NoEdns)]
    [InlineData(DnsMode.TruncateUdp)]
    [InlineData(DnsMode.ForgeriesFirst)]
    public async Task OddServers_AreUnderstood(DnsMode mode)
    {
        _dns.Mode = mode;
        (await Ask("svc.test")).Should().Be(Found(30, "10.0.0.1", "10.0.0.2", "2001:db8::1"));
    }

    [Theory]
    [InlineData(DnsMode.Silent)]
    [InlineData(DnsMode.ServFail)]
    [InlineData(DnsMode.Refused)]
    [InlineData(DnsMode.FormErr)]
    [InlineData(DnsMode.NotImp)]
    [InlineData(DnsMode.TruncateUdpCloseTcp)]
    [InlineData(DnsMode.Malformed)]
    public async Task FailingServer_IsFollowedByTheNext(DnsMode mode)
    {
        _dns.Mode = mode;
        (await Ask("svc.test", silence: mode == DnsMode.Silent ? 0.2 : 20)).Should().Be(Found(60, "10.0.0.9"));
    }

    [Fact]
    public async Task DeadServer_IsFollowedByTheNextAtOnce()
    {
        await _dns.DisposeAsync();
        (await Ask("svc.test")).Should().Be(Found(60, "10.0.0.9"));
    }

    [Fact]
    public async Task FamilyThatFails_IsNamed()
    {
        _dns.Behaves("svc.test", AddressFamily.InterNetworkV6, DnsMode.ServFail);
        _second.Behaves("svc.test", AddressFamily.InterNetworkV6, DnsMode.ServFail);
        (await Ask("svc.test")).Should().Be(Found(30, "10.0.0.1", "10.0.0.2") with { FailedFamily = AddressFamily.InterNetworkV6 });
    }

    [Fact]
    public async Task AllServersSilent_Fails()
    {
        (_dns.Mode, _second.Mode) = (DnsMode.Silent, DnsMode.Silent);
        (await Ask("svc.test", silence: 0.1)).Should().BeOfType<Answer.Failed>().Which.Reason.Should().Contain("no answer within 0.1 s");
    }

    [Fact]
    public async Task ManyAtOnce_AreAllAnswered()
    {
        _second.Says("svc.test", 30, "10.0.0.1", "10.0.0.2", "2001:db8::1"); // On a busy machine the first one may be late.
        Task<Answer>[] asking = [.. Enumerable.Range(0, 100).Select(_ => Ask("svc.test"))];
        (await Task.WhenAll(asking)).Should().AllBeEquivalentTo(Found(30, "10.0.0.1", "10.0.0.2", "2001:db8::1"));
    }

    private async Task<Answer> Ask(string host, double silence = 20)
    {
        DnsCacheOptions options = new()
        {
            NameServers = [_dns.Address, _second.Address],
            QueryTimeout = TimeSpan.FromSeconds(silence),
            HostsFilePath = _empty.Path,
            ResolvConfPath = _empty.Path,
        };
        ResolverChain chain = new(options, TimeProvider.System, NullLogger.Instance);
        return await chain.ResolveAsync(host, default);
    }

    private static Answer.Found Found(int ttl, params string[] addresses) => new([.. addresses.Select(IPAddress.Parse)], TimeSpan.FromSeconds(ttl));
}
