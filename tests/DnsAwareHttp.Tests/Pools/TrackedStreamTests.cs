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

    [Fact]
    public async Task SampleUnanswered_CountsFromTheFirstSampleAfterAWriteUntilAByteArrives()
    {
        DateTimeOffset now = DateTimeOffset.UnixEpoch;
        using SocketPair pair = SocketPair.Make();
        await using TrackedStream stream = new OpenStreams().Add(pair.Near)!;
        stream.SampleUnanswered(now).Should().Be(TimeSpan.Zero);
        stream.SampleUnanswered(now.AddSeconds(9)).Should().Be(TimeSpan.Zero, "nothing was sent");

        await stream.WriteAsync(new byte[1]);
        stream.SampleUnanswered(now.AddSeconds(10)).Should().Be(TimeSpan.Zero);
        stream.SampleUnanswered(now.AddSeconds(11)).Should().Be(TimeSpan.FromSeconds(1));

        await pair.Far.SendAsync(new byte[1]);
        await Eventually.Holds(() => stream.SampleUnanswered(now.AddSeconds(12)) == TimeSpan.Zero, "a byte arrived, read or not");
        _ = await stream.ReadAsync(new byte[1]);
        stream.SampleUnanswered(now.AddSeconds(99)).Should().Be(TimeSpan.Zero, "it was answered once");
    }

    [Fact]
    public async Task Disposed_AfterTheRuntimeGaveUpItsConnect_IsAnInterruptedHandshakeAlsoIfItWasCutBefore()
    {
        OpenStreams streams = new();
        using SocketPair pair = SocketPair.Make();
        using CancellationTokenSource connecting = new();
        TrackedStream stream = streams.Add(pair.Near, connecting.Token)!;
        stream.Cut();
        await connecting.CancelAsync();
        await stream.DisposeAsync();

        streams.Interrupted.PhaseOf(new TaskCanceledException("cancelled", new TimeoutException(), connecting.Token)).Should().Be(ConnectPhase.Handshake);
    }

    [Fact]
    public async Task CutIfUnanswered_SparesAStreamWhosePeerSentAByte()
    {
        using SocketPair pair = SocketPair.Make();
        await using TrackedStream stream = new OpenStreams().Add(pair.Near)!;
        await pair.Far.SendAsync(new byte[1]);
        _ = await stream.ReadAsync(new byte[1]);

        stream.CutIfUnanswered();

        stream.Socket.Connected.Should().BeTrue();
    }

    [Fact]
    public async Task SampleSilent_ClosesTheSocketAfterThirtySecondsOfSilenceWithoutABreak()
    {
        DateTimeOffset now = DateTimeOffset.UnixEpoch;
        using SocketPair pair = SocketPair.Make();
        await using TrackedStream stream = new OpenStreams().Add(pair.Near)!;
        stream.SampleSilent(now, static _ => true).Should().BeTrue();
        stream.SampleSilent(now.AddSeconds(25), static _ => false).Should().BeFalse("it came back");
        stream.SampleSilent(now.AddSeconds(30), static _ => true).Should().BeTrue();
        stream.SampleSilent(now.AddSeconds(59), static _ => true).Should().BeTrue();
        stream.Socket.Connected.Should().BeTrue();

        stream.SampleSilent(now.AddSeconds(60), static _ => true).Should().BeFalse();

        await pair.NearClosed();
    }

    [Fact]
    public void ReadAfterTheEnd_FailsAsTheBaseClassDoes()
    {
        using SocketPair pair = SocketPair.Make();
        TrackedStream stream = new OpenStreams().Add(pair.Near)!;
        stream.Cut();
        ((Func<int>)(() => stream.Read(new byte[1].AsSpan()))).Should().Throw<IOException>();
        ((Action)(() => stream.Write(new byte[1].AsSpan()))).Should().Throw<IOException>();

        stream.Dispose();
        ((Func<int>)(() => stream.Read(new byte[1].AsSpan()))).Should().Throw<ObjectDisposedException>();
        ((Action)(() => stream.Write(new byte[1].AsSpan()))).Should().Throw<ObjectDisposedException>();
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
