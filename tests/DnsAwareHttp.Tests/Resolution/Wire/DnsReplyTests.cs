using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

public sealed class DnsReplyTests
{
    [Fact]
    public void Replies_AreEqualByWhatTheySay_NotByTheirOptRecord()
    {
        DnsReply none = new DnsReply.None(EmptyReason.NxDomain, TimeSpan.FromSeconds(5));

        none.Should().Be(none with { IsWithoutOpt = true });
        none.GetHashCode().Should().Be((none with { IsWithoutOpt = true }).GetHashCode());
        none.Should().NotBe(new DnsReply.None(EmptyReason.NoData, TimeSpan.FromSeconds(5)));
        none.Should().NotBe(new DnsReply.None(EmptyReason.NxDomain, TimeSpan.FromSeconds(6)));
    }

    [Fact]
    public void Replies_OfOtherKinds_Differ()
    {
        DnsReply lame = DnsReply.Lame.Instance;

        lame.Equals(DnsReply.Truncated.Instance).Should().BeFalse();
        lame.Equals(DnsReply.Lame.Instance).Should().BeTrue();
        lame.Equals(null).Should().BeFalse();
    }
}
