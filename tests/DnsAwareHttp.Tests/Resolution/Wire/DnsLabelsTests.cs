using System.Text;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>RFC 1035 section 4.1.4.</summary>
public sealed class DnsLabelsTests
{
    [Fact]
    public void Labels_AreWalkedWithTheirPositions() =>
        Walk(Message().Name("svc.example.test"), 12).Should().Be(("svc@12 example@16 test@24 ", 30));

    [Fact]
    public void Root_HasNoLabels() => Walk(Message().Name(""), 12).Should().Be(("", 13));

    [Fact]
    public void Pointer_IsFollowed_AndTheNameEndsBehindTheFirst()
    {
        MessageBuilder message = Message().Name("example.test").Raw(3, (byte)'s', (byte)'v', (byte)'c').Pointer(12).Pointer(26);

        Walk(message, 26).Should().Be(("svc@26 example@12 test@20 ", 32));
        Walk(message, 32).Should().Be(("svc@26 example@12 test@20 ", 34), "a pointer to a pointer");
    }

    [Theory]
    [InlineData(12)]
    [InlineData(14)]
    [InlineData(11)]
    [InlineData(0)]
    public void Pointer_ToItself_Forwards_OrIntoTheHeader_EndsTheWalk(int target) =>
        Walk(Message().Pointer(target).Name("a"), 12).Should().Be(("", -1));

    [Theory]
    [InlineData(0x40)]
    [InlineData(0x80)]
    [InlineData(0xBF)]
    public void UnknownKindOfLabel_EndsTheWalk(byte head) => Walk(Message().Raw(1, (byte)'a', head, 0, 0), 12).Should().Be(("a@12 ", -1));

    [Fact]
    public void NameThatBreaksOff_EndsTheWalk()
    {
        byte[] message = Message().Name("svc.test").Bytes;
        for (int length = 13; length < message.Length; length++)
        {
            Walk(message[..length], 12).Behind.Should().Be(-1, $"only {length} bytes are there");
        }

        Walk(Message().Name("a").Raw(0xC0), 15).Behind.Should().Be(-1, "half a pointer");
    }

    [Fact]
    public void Name_HasAtMost255Bytes()
    {
        string label = new('x', 63);

        Walk(Message().Name($"{label}.{label}.{label}.{new string('x', 61)}"), 12).Behind.Should().Be(12 + 255);
        Walk(Message().Name($"{label}.{label}.{label}.{new string('x', 62)}"), 12).Behind.Should().Be(-1);
    }

    [Fact]
    public void Pointers_AreFollowed127Times()
    {
        // The root, then each pointer to the one before it.
        MessageBuilder message = Message().Name("").Pointer(12);
        for (int pointers = 1; pointers < 128; pointers++)
        {
            message.Pointer(message.Length - 2);
        }

        Walk(message, message.Length - 4).Behind.Should().Be(message.Length - 2);
        Walk(message, message.Length - 2).Behind.Should().Be(-1);
    }

    private static MessageBuilder Message() => new(questions: 0);

    private static (string Labels, int Behind) Walk(MessageBuilder message, int at) => Walk(message.Bytes, at);

    private static (string Labels, int Behind) Walk(byte[] message, int at)
    {
        StringBuilder text = new();
        DnsLabels labels = new(message, at);
        while (labels.MoveNext())
        {
            text.Append($"{Encoding.Latin1.GetString(labels.Current)}@{labels.At} ");
        }

        return (text.ToString(), labels.Behind);
    }
}
