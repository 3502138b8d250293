using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

public sealed class DnsRecordTests
{
    [Theory]
    [InlineData(0u, 0)]
    [InlineData(60u, 60)]
    [InlineData(0x7FFF_FFFFu, 0x7FFF_FFFF)]
    [InlineData(0x8000_0000u, 0)]
    [InlineData(0xFFFF_FFFFu, 0)]
    public void Ttl_WithItsHighestBitSet_IsZero(uint raw, int seconds) => Record(1, raw).Ttl.Should().Be(TimeSpan.FromSeconds(seconds));

    [Theory]
    [InlineData(1, true)]
    [InlineData(3, false)]
    public void IsInternet_ClassOne(ushort cls, bool isInternet) => Record(cls, 0).IsInternet.Should().Be(isInternet);

    private static DnsRecord Record(ushort cls, uint ttl) => new(12, DnsRecordType.A, cls, ttl, 24, 4);
}
