using DnsAwareHttp.Balancing;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Balancing;

public sealed class TrialPickerTests : IDisposable
{
    private readonly EndpointBench _bench = new();
    private readonly EndpointPool _well;
    private readonly EndpointPool _tried;

    public TrialPickerTests()
    {
        _well = _bench.Connected("10.0.0.1");
        _tried = _bench.Pool("10.0.0.2");
        _tried.OnConnectTimedOut(ConnectPhase.Handshake);
        _bench.Opens("10.0.0.2");
    }

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Pick_OneRequestTriesTheEndpointOnTrial_AllOthersGoElsewhere()
    {
        await BeginTrialAsync();

        IEndpointPicker picker = Set().Picker;

        Enumerable.Range(0, 50).Select(_ => picker.Pick()).Count(pool => pool == _tried).Should().Be(1);
        Set().Picker.Pick().Should().BeSameAs(_well, "a new set does not give the place again");
    }

    [Fact]
    public async Task Pick_TheTrialHadNoAnswer_IsTriedAgainOnlyInTheNextTrial()
    {
        await BeginTrialAsync();
        Set().Picker.Pick().Should().BeSameAs(_tried);

        _tried.OnUnanswered();
        Set().Picker.Pick().Should().BeSameAs(_well);

        await BeginTrialAsync();
        Set().Picker.Pick().Should().BeSameAs(_tried);
    }

    [Fact]
    public async Task Pick_TheTrialHadAnAnswer_IsAnEndpointLikeOthers()
    {
        await BeginTrialAsync();

        _tried.OnAnswered();

        EndpointSet set = Set();
        set.Preferred.Should().Equal(_well, _tried);
        set.Picker.Should().NotBeOfType<TrialPicker>();
    }

    [Fact]
    public async Task Pick_AnotherRequestTookTheConnectionOfTheTrial_TheTrialIsNotSpent()
    {
        await BeginTrialAsync();
        _tried.TryEnter(out GateLease other);

        Set().Picker.Pick().Should().BeSameAs(_well, "the connection is not free");
        other.Dispose();

        Set().Picker.Pick().Should().BeSameAs(_tried);
    }

    [Fact]
    public async Task Pick_TheRequestOfTheTrialWentElsewhere_AnotherOneHasItsPlaceSoon()
    {
        await BeginTrialAsync();
        Set().Picker.Pick().Should().BeSameAs(_tried);
        Set().Picker.Pick().Should().BeSameAs(_well, "the request may still be on its way");

        _bench.Clock.Advance(TimeSpan.FromMilliseconds(250));

        Set().Picker.Pick().Should().BeSameAs(_tried);
    }

    [Fact]
    public async Task Pick_TheRequestOfTheTrialHasNoAnswerForLong_TheNextRecoveryBeginsANewTrial()
    {
        await BeginTrialAsync();
        Set().Picker.Pick().TryEnter(out _);
        _bench.Connect(_tried);
        _bench.Clock.Advance(TimeSpan.FromSeconds(2));
        Set().Picker.Pick().Should().BeSameAs(_well, "one request is under way");

        await BeginTrialAsync();

        Set().Picker.Pick().Should().BeSameAs(_tried);
    }

    [Fact]
    public void Pick_TheEndpointHasNotConnectedAgain_IsNotTried()
    {
        _tried.BeginTrialIfOpen();

        Set().Picker.Pick().Should().BeSameAs(_well);
    }

    private async Task BeginTrialAsync()
    {
        (await _tried.DialUnlessIdleAsync()).Should().BeNull();
        _tried.BeginTrialIfOpen();
        await Eventually.Holds(() => _tried.Health.IsOnTrial, "it is on trial");
    }

    private EndpointSet Set() => EndpointSet.Of(
        [new EndpointPlacement(_well), new EndpointPlacement(_tried)], LoadBalancingPolicy.RoundRobin, new Random(1), null)!;
}
