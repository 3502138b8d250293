using System.Runtime.CompilerServices;
using DnsAwareHttp.Pools;
using DnsAwareHttp.Tests.Fakes;
using DnsAwareHttp.Tests.Loopback;

namespace DnsAwareHttp.Tests.Pools;

public sealed class TrackedStreamTests
{
    [Fact]
    public async Task LostByTheApplication_LeavesTheSetAndClosesItsSocket()
    {
        OpenStreams streams = new();
        using SocketPair pair = AddAndLose(streams);
        streams.Seal();

        await Eventually.Holds(() => IsCollected(streams), "the lost stream is collected");

        streams.AllClosed.IsCompletedSuccessfully.Should().BeTrue();
        await pair.NearClosed();
    }

    [Fact]
    public void InUse_IsNotCollected()
    {
        OpenStreams streams = new();
        using SocketPair pair = SocketPair.Make();
        TrackedStream stream = streams.Add(pair.Near)!;

        IsCollected(streams).Should().BeFalse();

        stream.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static SocketPair AddAndLose(OpenStreams streams)
    {
        SocketPair pair = SocketPair.Make();
        _ = streams.Add(pair.Near);
        pair.LoseNear();
        return pair;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsCollected(OpenStreams streams)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return streams.Count == 0;
    }
}
