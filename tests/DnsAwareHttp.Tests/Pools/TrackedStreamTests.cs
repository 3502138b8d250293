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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LookWhetherItStreams_ReadsWithoutAWriteSinceTheLastLook(bool async)
    {
        OpenStreams streams = new();
        using SocketPair pair = SocketPair.Make();
        await using TrackedStream stream = streams.Add(pair.Near)!;
        byte[] buffer = new byte[100];
        await Exchange(stream, pair, buffer, async);
        streams.CountStreaming().Should().Be(0, "a request and its answer");

        for (int look = 0; look < 3; look++)
        {
            await Receive(stream, pair, buffer, async);
            await Receive(stream, pair, buffer, async);
            streams.CountStreaming().Should().Be(1, "it goes on arriving");
        }

        streams.CountStreaming().Should().Be(0, "nothing came since the last look");
        await Exchange(stream, pair, buffer, async);
        await Receive(stream, pair, buffer, async);
        streams.CountStreaming().Should().Be(0, "the next request was sent");
    }

    private static async Task Exchange(TrackedStream stream, SocketPair pair, byte[] buffer, bool async)
    {
        if (async)
        {
            await stream.WriteAsync(buffer);
        }
        else
        {
            stream.Write(buffer);
        }

        await Receive(stream, pair, buffer, async);
        await Receive(stream, pair, buffer, async);
    }

    private static async Task Receive(TrackedStream stream, SocketPair pair, byte[] buffer, bool async)
    {
        await pair.Far.SendAsync(buffer);
        _ = async ? await stream.ReadAsync(buffer) : stream.Read(buffer.AsSpan());
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
