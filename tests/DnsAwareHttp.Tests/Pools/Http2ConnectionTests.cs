using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Tests.Pools;

public sealed class Http2ConnectionTests
{
    private const byte EndStream = 1;
    private static readonly byte[] Preface = new byte[24];

    private readonly Http2Streams _streams = new();
    private readonly MemoryStream _wire = new();

    [Fact]
    public void New_HasTheLimitOfTheRuntimeUntilTheSettingsArrive()
    {
        using Stream connection = _streams.Watch(_wire);

        _streams.Connections.Should().Be(1);
        _streams.Capacity.Should().Be(Http2Connection.FirstLimit);
    }

    [Fact]
    public async Task Settings_SetTheLimit_OrAllowAnyNumber()
    {
        await using Stream connection = _streams.Watch(_wire);

        await Receive(connection, Frame(FrameType.Settings, 0, 0, [0, 4, 0, 0, 1, 0]));
        _streams.Capacity.Should().Be(int.MaxValue, "no limit is named");
        await Receive(connection, Frame(FrameType.Settings, 0, 0, [0, 3, 0, 0, 0, 7]));
        _streams.Capacity.Should().Be(7);
        await Receive(connection, Frame(FrameType.Settings, EndStream, 0, []));
        _streams.Capacity.Should().Be(7, "that was an acknowledgement");
        await Receive(connection, Frame(FrameType.Settings, 0, 0, [0, 4, 0, 0, 1, 0]));
        _streams.Capacity.Should().Be(7, "it names no other limit");
    }

    [Fact]
    public async Task Body_CountsFromItsHeadersToItsEnd()
    {
        await using Stream connection = _streams.Watch(_wire);

        await Receive(connection, Frame(FrameType.Headers, EndStream, 1, [0]));
        _streams.Bodies.Should().Be(0, "it has no body");
        await Receive(connection, [.. Frame(FrameType.Headers, 4, 3, [0]), .. Frame(FrameType.Headers, 4, 5, [0]), .. Frame(FrameType.Headers, 4, 7, [0])]);
        _streams.Bodies.Should().Be(3);
        await Receive(connection, [.. Frame(FrameType.Data, 0, 3, [0]), .. Frame(FrameType.Data, EndStream, 3, [])]);
        _streams.Bodies.Should().Be(2);
        await Receive(connection, Frame(FrameType.ResetStream, 0, 5, [0, 0, 0, 8]));
        _streams.Bodies.Should().Be(1, "the server reset one");
        await connection.WriteAsync((byte[])[.. Preface, .. Frame(FrameType.ResetStream, 0, 7, [0, 0, 0, 8])]);
        _streams.Bodies.Should().Be(0, "the client reset one");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task GoAwayOrClosed_TakesNoRequestAndCountsNothingAnyMore(bool goAway)
    {
        Stream connection = _streams.Watch(_wire);
        await Receive(connection, Frame(FrameType.Headers, 4, 1, [0]));

        if (goAway)
        {
            await Receive(connection, Frame(FrameType.GoAway, 0, 0, new byte[8]));
            await Receive(connection, Frame(FrameType.Headers, 4, 3, [0]));
            await Receive(connection, Frame(FrameType.Settings, 0, 0, [0, 3, 0, 0, 0, 7]));
        }

        await connection.DisposeAsync();
        await connection.DisposeAsync();

        (_streams.Connections, _streams.Bodies, _streams.Capacity).Should().Be((0, 0, 0L));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bytes_PassUnchanged(bool async)
    {
        await using Stream connection = _streams.Watch(_wire);
        byte[] sent = [.. Preface, .. Frame(FrameType.Headers, 5, 1, [1, 2, 3])];
        byte[] received = new byte[sent.Length];
        if (async)
        {
            await connection.WriteAsync(sent.AsMemory());
            await connection.FlushAsync();
            _wire.Position = 0;
            await connection.ReadExactlyAsync(received.AsMemory());
        }
        else
        {
            connection.Write(sent, 0, sent.Length);
            connection.Flush();
            _wire.Position = 0;
            connection.ReadExactly(received, 0, received.Length);
        }

        received.Should().Equal(sent);
        _wire.ToArray().Should().Equal(sent);
    }

    private async Task Receive(Stream connection, byte[] bytes)
    {
        long start = _wire.Length;
        _wire.Position = start;
        _wire.Write(bytes);
        _wire.Position = start;
        await connection.ReadExactlyAsync(new byte[bytes.Length]);
    }

    private static byte[] Frame(FrameType type, byte flags, int stream, byte[] payload) => FrameReaderTests.Bytes(type, flags, stream, payload);
}
