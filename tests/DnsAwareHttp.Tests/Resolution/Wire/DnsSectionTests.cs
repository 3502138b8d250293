using System.Text;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>RFC 1035 section 4.1.3.</summary>
public sealed class DnsSectionTests
{
    private static readonly MessageBuilder Two = new MessageBuilder(questions: 0).A("a.test", "10.0.0.1", ttl: 30).Cname("b.test", "c.test", ttl: 70);

    [Fact]
    public void Records_AreReadWhereTheyAre()
    {
        byte[] message = Two.Bytes;

        Read(message, 2).Should().Be((true, message.Length, "12 A 30 30+4; 34 Cname 70 52+8; "));
    }

    [Fact]
    public void Records_BeyondTheCount_AreLeftForTheNextSection()
    {
        byte[] message = Two.Bytes;

        Read(message, 1).Should().Be((true, 34, "12 A 30 30+4; "));
        Read(message, 1, at: 34).Should().Be((true, message.Length, "34 Cname 70 52+8; "));
        Read(message, 0).Should().Be((true, 12, ""));
    }

    [Fact]
    public void FewerRecordsThanPromised_AreReadAndReported()
    {
        byte[] message = Two.Bytes;

        Read(message, 3).Should().Be((false, message.Length, "12 A 30 30+4; 34 Cname 70 52+8; "));
    }

    [Fact]
    public void RecordThatBreaksOff_WhereverItDoes_IsNotPartOfTheSection()
    {
        byte[] message = Two.Bytes;
        for (int length = 34; length < message.Length; length++)
        {
            Read(message[..length], 2).Should().Be((false, 34, "12 A 30 30+4; "), $"only {length} bytes are there");
        }
    }

    [Fact]
    public void CompressedOwner_IsSkippedByItsPointer()
    {
        byte[] message = new MessageBuilder().Question("a.test").Pointer(12).RecordTail(1, 30, [10, 0, 0, 1]).Bytes;

        Read(message, 1, at: 24).Should().Be((true, message.Length, "24 A 30 36+4; "));
    }

    [Fact]
    public void EachEnumeration_BeginsAnew()
    {
        int at = 12;
        _ = DnsSection.TryRead(Two.Bytes, ref at, 2, out DnsSection section);

        (TextOf(section), TextOf(section)).Should().Be(("12 A 30 30+4; 34 Cname 70 52+8; ", "12 A 30 30+4; 34 Cname 70 52+8; "));
    }

    private static (bool IsWhole, int At, string Records) Read(byte[] message, int count, int at = 12)
    {
        bool isWhole = DnsSection.TryRead(message, ref at, count, out DnsSection section);
        return (isWhole, at, TextOf(section));
    }

    private static string TextOf(DnsSection section)
    {
        StringBuilder text = new();
        foreach (DnsRecord record in section)
        {
            text.Append($"{record.OwnerAt} {record.Type} {record.Ttl.TotalSeconds} {record.DataAt}+{record.DataLength}; ");
        }

        return text.ToString();
    }
}
