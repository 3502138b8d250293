using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Tests.Pools;

public sealed class InterruptedConnectsTests
{
    private readonly InterruptedConnects _connects = new();

    [Fact]
    public void ErrorWithTheTokenOfAConnect_TellsItsPhase()
    {
        using CancellationTokenSource dial = new();
        using CancellationTokenSource handshake = new();
        _connects.Add(ConnectPhase.Dial, dial.Token);
        _connects.Add(ConnectPhase.Handshake, handshake.Token);

        _connects.PhaseOf(Timeout(dial.Token)).Should().Be(ConnectPhase.Dial);
        _connects.PhaseOf(Timeout(handshake.Token)).Should().Be(ConnectPhase.Handshake);
    }

    [Fact]
    public void SameErrorOfAnotherServer_WhichTheContentReads_IsNoConnectOfThisOne()
    {
        using CancellationTokenSource mine = new();
        using CancellationTokenSource other = new();
        _connects.Add(ConnectPhase.Handshake, mine.Token);

        _connects.PhaseOf(Timeout(other.Token)).Should().Be(ConnectPhase.None, "the request may have been sent in part");
        _connects.PhaseOf(new TaskCanceledException("cancelled", null, mine.Token)).Should().Be(ConnectPhase.None);
        _connects.PhaseOf(new HttpRequestException()).Should().Be(ConnectPhase.None);
    }

    [Fact]
    public void Many_OnlyTheLatestAreKnown()
    {
        CancellationTokenSource[] sources = [.. Enumerable.Range(0, 65).Select(_ => new CancellationTokenSource())];
        foreach (CancellationTokenSource source in sources)
        {
            _connects.Add(ConnectPhase.Dial, source.Token);
        }

        _connects.PhaseOf(Timeout(sources[0].Token)).Should().Be(ConnectPhase.None);
        _connects.PhaseOf(Timeout(sources[1].Token)).Should().Be(ConnectPhase.Dial);
    }

    private static TaskCanceledException Timeout(CancellationToken token) => new("cancelled", new TimeoutException(), token);
}
