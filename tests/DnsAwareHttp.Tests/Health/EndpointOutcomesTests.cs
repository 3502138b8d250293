using DnsAwareHttp.Health;

namespace DnsAwareHttp.Tests.Health;

public sealed class EndpointOutcomesTests
{
    private readonly Requests _own = new();
    private readonly Requests _peer = new();
    private readonly EndpointOutcomes _outcomes;
    private readonly EndpointOutcomes _peers;

    public EndpointOutcomesTests()
    {
        _outcomes = new EndpointOutcomes(_own);
        _peers = new EndpointOutcomes(_peer);
    }

    [Fact]
    public void GoodOnes_AreThoseThatEndedAndWereNothingElse()
    {
        _own.Begin(10);
        _outcomes.OnNeither();
        Fail();
        _own.End(5);

        _outcomes.Tally.Counts.Should().Be(new OutcomeCounts(3, 1));
    }

    [Fact]
    public void FailedButNotEnded_NeverLooksGood()
    {
        _own.Begin(1);
        Fail();

        _outcomes.Tally.Counts.Should().Be(new OutcomeCounts(0, 1));
    }

    [Fact]
    public void Run_EndsWithAGoodOutcome()
    {
        Fail().Total.Should().Be(1);
        Fail().Total.Should().Be(2);

        _outcomes.OnNeither();
        Fail().Total.Should().Be(3, "an outcome that tells nothing ends no row");

        _outcomes.OnGood();
        _outcomes.Run.Should().BeNull();
        Fail().Total.Should().Be(1);
    }

    [Fact]
    public void PeersMeanwhile_CountsWhatWasSentAfterTheRowBegan()
    {
        _peer.Begin(7);
        _peer.End(4);
        Fail();

        // Three were under way: their good ends tell of the time before.
        _peer.End(3);
        Fail().Peers.Meanwhile.Should().Be(new OutcomeCounts(0, 0));

        _peer.Begin(5);
        _peer.End(5);
        Fail().Peers.Meanwhile.Should().Be(new OutcomeCounts(5, 0));
    }

    [Fact]
    public void PeersMeanwhile_FailuresCountAlsoOfEarlierRequests()
    {
        _peer.Begin(3);
        Fail();
        _peers.OnBad(new BadOutcome("503"), () => []);
        _peer.End(1);

        Fail().Peers.Meanwhile.Should().Be(new OutcomeCounts(0, 1));
    }

    [Fact]
    public void LongRow_IsComparedWithWhatThePeersDidOfLate()
    {
        for (int i = 0; i < FailureRun.MaxLength; i++)
        {
            Fail();
        }

        _peer.Begin(100);
        _peer.End(100);
        FailureRun run = Fail();

        run.Total.Should().Be(FailureRun.MaxLength + 1);
        run.Length.Should().Be(1);
        run.Peers.Meanwhile.Should().Be(default(OutcomeCounts));
    }

    [Fact]
    public void Latest_IsWhatEndedSinceTheMark()
    {
        for (int part = 1; part <= 25; part++)
        {
            _own.Begin(part);
            _own.End(part);
            _outcomes.Mark(1);
        }

        _own.Begin(1000);
        _own.End(1000);

        _outcomes.Latest(1).Good.Should().Be(1000);
        _outcomes.Latest(2).Good.Should().Be(1025);
        _outcomes.Latest(3).Good.Should().Be(1049);
        _outcomes.Latest(EndpointOutcomes.Parts).Good.Should().Be(1000 + Enumerable.Range(17, 9).Sum());
    }

    [Fact]
    public void Forget_NothingBeforeCounts()
    {
        _own.Begin(5);
        Fail();
        _own.End(5);

        _outcomes.Forget();

        _outcomes.Run.Should().BeNull();
        _outcomes.Latest(EndpointOutcomes.Parts).Should().Be(default(OutcomeCounts));
        _outcomes.Latest(1).Should().Be(default(OutcomeCounts));
    }

    [Fact]
    public void Last_IsTheLatestFailure()
    {
        _outcomes.OnBad(new BadOutcome("502"), () => []);
        _outcomes.OnBad(new BadOutcome("503", TimeSpan.FromSeconds(7)), () => []);

        _outcomes.Last.Should().Be(new BadOutcome("503", TimeSpan.FromSeconds(7)));
    }

    [Fact]
    public async Task ManyAtOnce_NoFailureIsLost()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                Fail();
            }
        })));

        _outcomes.Tally.Bad.Should().Be(8000);
        _outcomes.Run!.Total.Should().Be(8000);
    }

    private FailureRun Fail() => _outcomes.OnBad(new BadOutcome("503"), () => [(_peers, _peers.Tally)]);

    private sealed class Requests : IRequestCounts
    {
        public long TotalRequests { get; private set; }

        public long ActiveRequests { get; private set; }

        public void Begin(int count)
        {
            TotalRequests += count;
            ActiveRequests += count;
        }

        public void End(int count) => ActiveRequests -= count;
    }
}
