using System.Net.Sockets;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Pools;

public sealed class OpenStreamsTests : IDisposable
{
    private readonly OpenStreams _streams = new();
    private readonly List<SocketPair> _pairs = [];

    public void Dispose()
    {
        foreach (SocketPair pair in _pairs)
        {
            pair.Dispose();
        }
    }

    [Fact]
    public void Added_IsCountedUntilDisposed()
    {
        TrackedStream one = _streams.Add(Pair().Near)!;
        TrackedStream other = _streams.Add(Pair().Near)!;
        _streams.Count.Should().Be(2);

        one.Dispose();
        _streams.Count.Should().Be(1);
        other.Dispose();

        _streams.Count.Should().Be(0);
        _streams.AllClosed.IsCompleted.Should().BeFalse("the set is not sealed");
    }

    [Fact]
    public async Task Added_IsDisposedAsynchronously_IsNoLongerCounted()
    {
        TrackedStream stream = _streams.Add(Pair().Near)!;

        await stream.DisposeAsync();

        _streams.Count.Should().Be(0);
    }

    [Fact]
    public void Sealed_WithNothingOpen_IsAllClosedAtOnce()
    {
        _streams.Seal().Should().Be(0);

        _streams.AllClosed.IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public void Sealed_IsAllClosedWhenTheLastStreamCloses()
    {
        TrackedStream one = _streams.Add(Pair().Near)!;
        TrackedStream other = _streams.Add(Pair().Near)!;

        _streams.Seal().Should().Be(2);

        one.Dispose();
        _streams.AllClosed.IsCompleted.Should().BeFalse();
        other.Dispose();
        _streams.AllClosed.IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public async Task AddedAfterSealing_IsRefusedAndItsSocketClosed()
    {
        _streams.Seal();
        SocketPair pair = Pair();

        _streams.Add(pair.Near).Should().BeNull();

        await pair.NearClosed();
        _streams.Count.Should().Be(0);
    }

    [Fact]
    public async Task CutAll_ClosesEverySocketAndSaysHowMany()
    {
        SocketPair one = Pair();
        SocketPair other = Pair();
        TrackedStream reading = _streams.Add(one.Near)!;
        TrackedStream idle = _streams.Add(other.Near)!;
        ValueTask<int> read = reading.ReadAsync(new byte[1]);
        _streams.Seal();

        _streams.CutAll().Should().Be(2);

        _streams.Count.Should().Be(0);
        _streams.AllClosed.IsCompletedSuccessfully.Should().BeTrue();
        await one.NearClosed();
        await other.NearClosed();
        await FluentActions.Awaiting(async () => await read).Should().ThrowAsync<IOException>();
        GC.KeepAlive(idle);
    }

    [Fact]
    public void DisposedTwice_IsReportedOnce()
    {
        TrackedStream one = _streams.Add(Pair().Near)!;
        TrackedStream other = _streams.Add(Pair().Near)!;

        one.Dispose();
        one.Dispose();

        _streams.Count.Should().Be(1);
        other.Dispose();
    }

    [Fact]
    public void CutThenDisposed_IsReportedOnce()
    {
        TrackedStream one = _streams.Add(Pair().Near)!;
        TrackedStream other = _streams.Add(Pair().Near)!;

        one.Cut();
        one.Dispose();

        _streams.Count.Should().Be(1);
        other.Dispose();
    }

    [Fact]
    public void AStream_IsANetworkStreamThatOwnsItsSocket()
    {
        SocketPair pair = Pair();
        using TrackedStream stream = _streams.Add(pair.Near)!;

        stream.Should().BeAssignableTo<NetworkStream>("the runtime polls the socket of one");
        stream.Socket.Should().BeSameAs(pair.Near);
    }

    private SocketPair Pair()
    {
        SocketPair pair = SocketPair.Make();
        _pairs.Add(pair);
        return pair;
    }
}
