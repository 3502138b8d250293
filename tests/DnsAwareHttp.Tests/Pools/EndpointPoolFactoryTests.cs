using System.Net;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Pools;

public sealed class EndpointPoolFactoryTests
{
    private readonly List<EndpointDialer> _dialers = [];
    private readonly EndpointPoolFactory _factory;

    public EndpointPoolFactoryTests() => _factory = new EndpointPoolFactory(
        new DnsEndPoint("svc.test", 80), new DialSettings(TimeSpan.FromSeconds(5), null, TimeProvider.System), MakeHandler,
        static () => DateTimeOffset.UnixEpoch, limits: new PoolLimits { MaxRequestsPerConnection = 1 });

    [Fact]
    public async Task Make_APoolOfTheAddressAtThePortOfTheTarget()
    {
        List<EndpointPool> due = [];

        EndpointPool pool = _factory.Make(IPAddress.Loopback, new PoolObserver(renewalDue: due.Add));

        pool.Address.Should().Be(new IPEndPoint(IPAddress.Loopback, 80));
        pool.Share.Should().Be(1);
        pool.Health.Since.Should().Be(DateTimeOffset.UnixEpoch);
        _dialers.Should().ContainSingle().Which.WasSilent.Should().BeFalse();
        await pool.SendAsync(new HttpRequestMessage(), async: true, CancellationToken.None);
        due.Should().Equal(pool);
    }

    [Fact]
    public void Make_BesideWarmOnesOrAfterASilentOne_TellsThePoolAndTheDialer()
    {
        _factory.Make(IPAddress.Loopback, startsSlowly: true).Share.Should().Be(0.1f);
        _factory.Make(IPAddress.Loopback, wasSilent: true);

        _dialers.Select(dialer => dialer.WasSilent).Should().Equal(false, true);
    }

    [Fact]
    public async Task WithPort_DialsAnotherPortAndTheHandlersAskForTheSame()
    {
        EndpointPool pool = _factory.WithPort(8080).Make(IPAddress.Loopback);

        pool.Address.Port.Should().Be(8080);
        await FluentActions.Awaiting(() => _dialers[0].ConnectAsync(ConnectionContexts.For("svc.test", 8080), CancellationToken.None).AsTask())
            .Should().ThrowAsync<InvalidOperationException>();
        _factory.Make(IPAddress.Loopback).Address.Port.Should().Be(80, "the first factory is as before");
    }

    private StubHandler MakeHandler(EndpointDialer dialer)
    {
        _dialers.Add(dialer);
        return new StubHandler();
    }
}
