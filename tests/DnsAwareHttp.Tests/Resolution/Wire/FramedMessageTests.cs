using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>RFC 1035 section 4.2.2.</summary>
public sealed class FramedMessageTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Question_HasItsLengthBeforeIt(bool isPadded)
    {
        DnsQuery query = new("svc.test", DnsRecordType.Aaaa) { IsPadded = isPadded };
        byte[] plain = new byte[DnsMessageWriter.MaxPaddedLength];
        DnsMessageWriter.Write(query, 0x1234, plain, out int length).Should().Be(NameProblem.None);

        byte[] framed = FramedMessage.Of(query, 0x1234).ToArray();

        framed.Should().Equal([(byte)(length >> 8), (byte)length, .. plain[..length]]);
    }

    [Fact]
    public async Task Messages_AreReadOneByOne_AlsoIfTheirBytesDripIn()
    {
        using DrippingStream stream = new([0, 3, 1, 2, 3, 0, 0, 1, 2, .. new byte[258]]);

        (await ReadAsync(stream)).Should().Equal(1, 2, 3);
        (await ReadAsync(stream)).Should().BeEmpty();
        (await ReadAsync(stream)).Should().Equal(new byte[258]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task StreamThatEndsBeforeTheMessage_IsAnError(int length)
    {
        using MemoryStream stream = new(((byte[])[0, 3, 1, 2, 3])[..length]);

        await FluentActions.Awaiting(() => ReadAsync(stream)).Should().ThrowAsync<IOException>();
    }

    [Fact]
    public async Task State_ReachesTheReader()
    {
        using MemoryStream stream = new([0, 1, 7]);

        (await FramedMessage.ReadAsync(stream, "state", static (message, state) => $"{state} {message[0]}", default)).Should().Be("state 7");
    }

    private static async Task<byte[]> ReadAsync(Stream stream) =>
        await FramedMessage.ReadAsync(stream, 0, static (message, _) => message.ToArray(), default);

    /// <summary>Gives one byte at a time.</summary>
    private sealed class DrippingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(1, buffer.Length)], cancellationToken);
    }
}
