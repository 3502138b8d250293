using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

public sealed class DnsNameReaderTests
{
    [Theory]
    [InlineData("SVC.Example.test", "svc.example.test")]
    [InlineData("_http._tcp.svc", "_http._tcp.svc")]
    [InlineData("", "")]
    [InlineData("a b.test", null)]
    [InlineData("b\u00fccher.test", null)]
    public void TryRead_IsInLowerCase_AndNullIfNoHostHasTheName(string name, string? expected)
    {
        byte[] message = Message(name);
        int at = 12;

        DnsNameReader.TryRead(message, ref at, out string? read).Should().BeTrue();

        (read, at).Should().Be((expected, message.Length));
    }

    [Fact]
    public void TryRead_DotInsideALabel_IsNoHostName()
    {
        int at = 12;

        DnsNameReader.TryRead(new MessageBuilder().Raw(3, (byte)'a', (byte)'.', (byte)'b', 0).Bytes, ref at, out string? name).Should().BeTrue();

        name.Should().BeNull();
    }

    [Fact]
    public void TryReadAndTrySkip_OfANameThatBreaksOff_AreFalse()
    {
        byte[] message = Message("svc.test")[..^2];
        int at = 12;
        DnsNameReader.TryRead(message, ref at, out string? name).Should().BeFalse();
        name.Should().BeNull();

        at = 12;
        DnsNameReader.TrySkip(message, ref at).Should().BeFalse();
    }

    [Fact]
    public void TrySkipAndBehind_MoveBehindTheName_CompressedOrNot()
    {
        byte[] message = new MessageBuilder().Name("svc.test").Raw(1, (byte)'a').Pointer(12).Pointer(22).Bytes;
        int[] starts = [12, 22, 26];
        int[] ends = [22, 26, 28];

        starts.Select(start => DnsNameReader.Behind(message, start)).Should().Equal(ends);
        starts.Select(start => DnsNameReader.TrySkip(message, ref start) ? start : -1).Should().Equal(ends);
    }

    [Theory]
    [InlineData("SVC.test", "svc.TEST", true)]
    [InlineData("svc.test", "svc.test.", true)]
    [InlineData("svc.test", "svc", false)]
    [InlineData("svc", "svc.test", false)]
    [InlineData("svc.test", "svd.test", false)]
    [InlineData("", "", true)]
    public void TryMatch_IsTheNameOfTheHost(string name, string host, bool matches)
    {
        byte[] message = Message(name);
        int at = 12;

        DnsNameReader.TryMatch(message, ref at, host).Should().Be(matches);

        if (matches)
        {
            at.Should().Be(message.Length);
        }
    }

    [Fact]
    public void TryMatch_DotInsideALabel_IsNotTwoLabels()
    {
        int at = 12;

        DnsNameReader.TryMatch(new MessageBuilder().Raw(3, (byte)'a', (byte)'.', (byte)'b', 0).Bytes, ref at, "a.b").Should().BeFalse();
    }

    [Fact]
    public void TryMatch_ThatBreaksOff_IsFalse()
    {
        int at = 12;

        DnsNameReader.TryMatch(Message("svc.test").AsSpan()[..^1], ref at, "svc.test").Should().BeFalse();
    }

    [Theory]
    [InlineData("svc.test", "SVC.Test", true)]
    [InlineData("svc.test", "svc.tesT", true)]
    [InlineData("svc.test", "test", false)]
    [InlineData("test", "svc.test", false)]
    [InlineData("svc.test", "svc.tess", false)]
    [InlineData("b\u00fcch", "B\u00fcCH", true)]
    [InlineData("b\u00fcch", "b\u00dcch", false)]
    [InlineData("a@b", "a`b", false)]
    [InlineData("\u00ff[", "\u00ff{", false)]
    [InlineData("\u00ff@", "\u00ff`", false)]
    public void IsSame_InAnyCaseOfAsciiLetters(string one, string other, bool isSame)
    {
        byte[] message = Message(one, other, out int otherAt);

        DnsNameReader.IsSame(message, 12, otherAt).Should().Be(isSame);
        DnsNameReader.IsSame(message, otherAt, 12).Should().Be(isSame);
    }

    [Fact]
    public void IsSame_NamesThatShareTheirEnd()
    {
        byte[] message = new MessageBuilder().Name("svc.test").Raw(1, (byte)'a').Pointer(16).Raw(1, (byte)'A').Pointer(16).Bytes;

        DnsNameReader.IsSame(message, 22, 26).Should().BeTrue();
        DnsNameReader.IsSame(message, 12, 22).Should().BeFalse();
    }

    [Theory]
    [InlineData("svc.example.test", "example.TEST", true)]
    [InlineData("svc.example.test", "svc.example.test", true)]
    [InlineData("svc.example.test", "", true)]
    [InlineData("example.test", "svc.example.test", false)]
    [InlineData("svc.example.test", "xample.test", false)]
    [InlineData("svc.example.test", "other.test", false)]
    [InlineData("svc.example.test", "svc.example", false)]
    public void IsWithin_TheZoneOrBelowIt(string name, string zone, bool isWithin)
    {
        byte[] message = Message(name, zone, out int zoneAt);

        DnsNameReader.IsWithin(message, 12, zoneAt).Should().Be(isWithin);
    }

    private static byte[] Message(string name) => new MessageBuilder().Name(name).Bytes;

    private static byte[] Message(string one, string other, out int otherAt)
    {
        MessageBuilder message = new MessageBuilder().Name(one);
        otherAt = message.Length;
        return message.Name(other).Bytes;
    }
}
