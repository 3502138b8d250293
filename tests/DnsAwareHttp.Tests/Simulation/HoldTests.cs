using System.Net;
using DnsAwareHttp.Sending;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Simulation;

/// <summary>Members that leave are held until one that stays is connected, two seconds at most.</summary>
public sealed class HoldTests : IDisposable
{
    private readonly SimulatedWorld _world = new(new DnsAwareOptions { Membership = MembershipMode.Strict });
    private readonly RequestRouter _router;

    public HoldTests() => _router = _world.OpenRouter();

    public void Dispose()
    {
        _router.Close();
        _world.Dispose();
    }

    [Theory]
    [InlineData("10.9.0.2")]
    [InlineData("10.9.0.1")]
    [InlineData("10.9.0.3")]
    public async Task AnswerWhileMembersAreHeld_TheyAreHeldOn(string nextAnswer)
    {
        await Serve("10.9.0.1");
        _world.Network.Become(SimulatedWorld.Address(1), AddressBehaviour.Waits);
        _world.Network.Become(SimulatedWorld.Address(2), AddressBehaviour.Waits);
        _world.Network.Become(SimulatedWorld.Address(3), AddressBehaviour.Waits);
        await TakeIn("10.9.0.2");
        Offered(1).Should().BePositive("it is held until the other one is connected");

        await TakeIn(nextAnswer);

        Connected(1).Should().BeTrue("nobody else is connected yet");
    }

    [Fact]
    public async Task OneThatLeftConnectsTooLate_MembersAreHeldOn()
    {
        await Serve("10.9.0.1");
        _world.Network.Become(SimulatedWorld.Address(2), AddressBehaviour.Waits);
        _world.Network.Become(SimulatedWorld.Address(3), AddressBehaviour.Waits);
        await TakeIn("10.9.0.2");
        SimulatedHandler tooLate = _world.Inspector.HandlersOf(SimulatedWorld.Address(2)).Single();
        await TakeIn("10.9.0.3");

        _world.Network.Become(SimulatedWorld.Address(2), AddressBehaviour.Accepts);
        await Eventually.Holds(() => tooLate.Dialer.IsConnected || tooLate.Disposals > 0, "it connects");

        Connected(1).Should().BeTrue("the one that stays is not connected yet");
    }

    [Fact]
    public async Task OneThatStaysConnects_TheHoldEnds()
    {
        await Serve("10.9.0.1");
        _world.Network.Become(SimulatedWorld.Address(2), AddressBehaviour.Waits);
        await TakeIn("10.9.0.2");

        _world.Network.Become(SimulatedWorld.Address(2), AddressBehaviour.Accepts);

        await Eventually.Holds(() => Offered(1) == 0, "it leaves");
    }

    private async Task Serve(string address)
    {
        _world.Dns.Says("svc.test", 1, address);
        using SimulatedRequest request = new(1);
        Task<HttpResponseMessage> sending = _router.SendAsync(request, async: true, CancellationToken.None);
        await Eventually.Holds(() => _world.Traffic.Sent.Count > 0, "it is sent");
        _world.Traffic.Sent.Draw(new Random(1))!.TryAnswer(HttpStatusCode.OK).Should().BeTrue();
        using HttpResponseMessage response = await sending;
        _world.Traffic.Bodies.Draw(new Random(1))!.TryEndBody().Should().BeTrue();
    }

    private async Task TakeIn(string address)
    {
        _world.Dns.Says("svc.test", 1, address);
        int before = _world.Dns.Questions("svc.test");
        await Eventually.Holds(() => _world.Clock.ActiveTimers > 0, "the next question is planned");
        _world.Clock.Advance(TimeSpan.FromSeconds(1.101));
        await Eventually.Holds(() => _world.Dns.Questions("svc.test") > before && _world.Cache.IsQuiet, "the answer is taken in");
    }

    private int Offered(int last) => Endpoints(last).Count();

    private bool Connected(int last) => Endpoints(last).Any(endpoint => endpoint.OpenConnections > 0);

    private IEnumerable<EndpointSnapshot> Endpoints(int last) => _router.Snapshot().Single().Endpoints.Where(
        endpoint => endpoint.Address.Address.Equals(SimulatedWorld.Address(last)) && endpoint.State is not EndpointState.Draining);
}
