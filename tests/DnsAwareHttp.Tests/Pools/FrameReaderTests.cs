using DnsAwareHttp.Pools;

namespace DnsAwareHttp.Tests.Pools;

public sealed class FrameReaderTests
{
    private const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    private readonly List<Frame> _frames = [];
    private readonly List<(int Identifier, uint Value)> _settings = [];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1_000)]
    public void Frames_AreFoundHoweverTheBytesAreCut(int part)
    {
        FrameReader reader = new(Preface.Length, _frames.Add, (identifier, value) => _settings.Add((identifier, value)));
        byte[] bytes =
        [
            .. Preface.Select(static letter => (byte)letter),
            .. Bytes(FrameType.Settings, 0, 0, [0, 3, 0, 0, 0, 10, 0, 4, 0, 1, 0, 0]),
            .. Bytes(FrameType.Settings, 1, 0, []),
            .. Bytes(FrameType.Headers, 4, 1, [1, 2, 3]),
            .. Bytes(FrameType.Data, 0, 1, new byte[300]),
            .. Bytes(FrameType.Data, 1, 1, []),
            .. Bytes(FrameType.ResetStream, 0, int.MaxValue, [0, 0, 0, 8]),
        ];

        foreach (byte[] chunk in bytes.Chunk(part))
        {
            reader.Read(chunk);
        }

        _frames.Should().Equal(
            new Frame(FrameType.Settings, 0, 0), new Frame(FrameType.Settings, 1, 0), new Frame(FrameType.Headers, 4, 1),
            new Frame(FrameType.Data, 0, 1), new Frame(FrameType.Data, 1, 1), new Frame(FrameType.ResetStream, 0, int.MaxValue));
        _settings.Should().Equal((3, 10u), (4, 65_536u));
    }

    [Fact]
    public void Frame_EndsItsStreamOnlyIfItsTypeCan()
    {
        new Frame(FrameType.Data, 1, 1).EndsStream.Should().BeTrue();
        new Frame(FrameType.Headers, 5, 1).EndsStream.Should().BeTrue();
        new Frame(FrameType.Headers, 4, 1).EndsStream.Should().BeFalse();
        new Frame(FrameType.Settings, 1, 0).EndsStream.Should().BeFalse();
        new Frame(FrameType.Settings, 1, 0).IsAck.Should().BeTrue();
        new Frame(FrameType.Headers, 1, 0).IsAck.Should().BeFalse();
    }

    internal static byte[] Bytes(FrameType type, byte flags, int stream, byte[] payload) =>
    [
        (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, (byte)type, flags,
        (byte)(stream >> 24), (byte)(stream >> 16), (byte)(stream >> 8), (byte)stream, .. payload,
    ];
}
