using System.Net;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Resolution;

public sealed class SourceAddressesTests
{
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void Loopback_SpeaksFromLoopback() =>
        new SourceAddresses(_clock).For(IPAddress.Loopback).Should().Be(IPAddress.Loopback);

    [Fact]
    public void AnAddressThatNoSocketMayConnectTo_HasNoSource()
    {
        SourceAddresses sources = new(_clock);

        sources.For(IPAddress.Broadcast).Should().BeNull();
        sources.For(IPAddress.Broadcast).Should().BeNull("that there is no route is remembered, too");
        sources.Remembered.Should().Be(1);
    }

    [Fact]
    public void Answers_AreRememberedForTheirLifetime()
    {
        SourceAddresses sources = new(_clock);
        IPAddress? asked = sources.For(IPAddress.Loopback);

        _clock.Advance(SourceAddresses.Lifetime - TimeSpan.FromTicks(1));
        sources.For(IPAddress.Loopback).Should().BeSameAs(asked);

        _clock.Advance(TimeSpan.FromTicks(1));
        sources.For(IPAddress.Loopback).Should().Be(asked).And.NotBeSameAs(asked, "routes may have changed");
    }

    [Fact]
    public void Memory_IsBounded()
    {
        SourceAddresses sources = new(_clock);
        for (int i = 0; i <= SourceAddresses.MaxRemembered; i++)
        {
            sources.For(new IPAddress([127, 0, (byte)(i >> 8), (byte)i]));
        }

        sources.Remembered.Should().Be(1);
    }
}
