using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>RFC 2308 section 5.</summary>
public sealed class NegativeTtlReaderTests
{
    // The name that is asked for begins behind the header.
    private const int Name = 12;
    private const int Soa = 6;

    [Theory]
    [InlineData(60u, 30u, 30)]
    [InlineData(30u, 60u, 30)]
    [InlineData(60u, 0x8000_0000u, 0)]
    [InlineData(0x8000_0000u, 60u, 0)]
    public void TheSmallerOfTtlAndMinimum_Counts(uint ttl, uint minimum, int seconds) =>
        Read(Reply().Soa("example.test", ttl, minimum), 1).Should().Be(TimeSpan.FromSeconds(seconds));

    [Theory]
    [InlineData("svc.example.test")]
    [InlineData("test")]
    [InlineData("")]
    public void ZoneThatTheNameIsIn_Counts(string zone) => Read(Reply().Soa(zone, 60, 30), 1).Should().Be(TimeSpan.FromSeconds(30));

    [Theory]
    [InlineData("other.test")]
    [InlineData("a.svc.example.test")]
    public void OtherZone_DoesNotCount(string zone)
    {
        Read(Reply().Soa(zone, 60, 30), 1).Should().BeNull();
        Read(Reply().Soa(zone, 60, 30).Soa("test", 60, 20), 2).Should().Be(TimeSpan.FromSeconds(20), "the next one is of its zone");
    }

    [Fact]
    public void WithoutASoaRecord_ThereIsNone()
    {
        Read(Reply(), 0).Should().BeNull();
        Read(Reply().A("test", "10.0.0.1"), 1).Should().BeNull();
    }

    [Fact]
    public void SoaRecordOfAnotherClass_DoesNotCount() => Read(Reply().Record("test", Soa, 60, SoaData(), cls: 3), 1).Should().BeNull();

    [Fact]
    public void SoaRecordThatIsTooShortOrTooLong_DoesNotCount()
    {
        Read(Reply().Record("test", Soa, 60, SoaData()), 1).Should().Be(TimeSpan.FromSeconds(60));
        Read(Reply().Record("test", Soa, 60, SoaData()[..^1]), 1).Should().BeNull();
        Read(Reply().Record("test", Soa, 60, [.. SoaData(), 0]), 1).Should().BeNull();
        Read(Reply().Record("test", Soa, 60, [1]), 1).Should().BeNull();
    }

    private static MessageBuilder Reply() => new MessageBuilder().Question("svc.example.test");

    /// <summary>Two names that are the root, and times that end with a large minimum.</summary>
    private static byte[] SoaData() => [0, 0, .. new byte[16], 5, 6, 7, 8];

    private static TimeSpan? Read(MessageBuilder reply, int authorities)
    {
        byte[] message = reply.Bytes;
        int at = Reply().Length;
        DnsSection.TryRead(message, ref at, authorities, out DnsSection section).Should().BeTrue();
        return NegativeTtlReader.Read(message, section, Name);
    }
}
