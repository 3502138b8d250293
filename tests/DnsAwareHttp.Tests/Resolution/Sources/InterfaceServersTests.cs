using System.Collections.Immutable;
using System.Net;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class InterfaceServersTests
{
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void Servers_AreAskedAtTheirPort_EachOnce()
    {
        ImmutableArray<IPEndPoint> servers = new InterfaceServers(_clock).Current;

        servers.IsDefault.Should().BeFalse();
        servers.Should().OnlyHaveUniqueItems().And.OnlyContain(server =>
            server.Port == NameServer.DefaultPort && !server.Address.IsIPv6SiteLocal && !server.Address.IsIPv4MappedToIPv6);
    }

    [Fact]
    public void Servers_AreListedAnewAfterTenSeconds_AndNotBefore()
    {
        InterfaceServers interfaces = new(_clock);
        ImmutableArray<IPEndPoint> first = interfaces.Current;
        _clock.Advance(TimeSpan.FromSeconds(9.9));
        (interfaces.Current == first).Should().BeTrue("listing takes milliseconds");

        _clock.Advance(TimeSpan.FromSeconds(0.1));

        ImmutableArray<IPEndPoint> second = interfaces.Current;
        (second == first).Should().Be(first.IsEmpty, "of all lists, only empty ones are one object");
        _clock.Advance(TimeSpan.FromSeconds(9.9));
        (interfaces.Current == second).Should().BeTrue();
    }
}
