using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

public class DnsMessageWriterTests
{
    [Fact]
    public void Question_IsWrittenWithRecursionDesiredAndOpt()
    {
        byte[] expected =
        [
            0xAB, 0xCD, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1,
            3, (byte)'s', (byte)'v', (byte)'c', 4, (byte)'t', (byte)'e', (byte)'s', (byte)'t', 0, 0, 28, 0, 1,
            0, 0, 41, 0x04, 0xD0, 0, 0, 0, 0, 0, 0,
        ];
        Write(new DnsQuery("svc.test", DnsRecordType.Aaaa)).Should().Equal(expected);
        Write(new DnsQuery("svc.test.", DnsRecordType.Aaaa)).Should().Equal(expected);
    }

    [Fact]
    public void WithoutEdns_NoOptIsWritten()
    {
        byte[] message = Write(new DnsQuery("svc.test", DnsRecordType.A) { Edns = false });
        message.Should().HaveCount(26);
        message[11].Should().Be(0);
    }

    [Fact]
    public void LongestName_Fits()
    {
        string label = new('a', 63);
        Write(new DnsQuery($"{label}.{label}.{label}.{label[..61]}", DnsRecordType.A)).Should().HaveCount(DnsMessageWriter.MaxLength);
    }

    [Theory]
    [InlineData(1, 128)]
    [InlineData(85, 128)]
    [InlineData(95, 128)]
    [InlineData(96, 256)]
    [InlineData(253, 384)]
    public void PaddedQuestions_AreMultiplesOf128_AndSayWhatThePaddingIs(int nameLength, int expected)
    {
        string name = string.Join('.', Enumerable.Repeat("a", (nameLength + 1) / 2)) + (nameLength % 2 == 0 ? "a" : "");
        byte[] message = Write(new DnsQuery(name, DnsRecordType.A) { IsPadded = true });
        message.Should().HaveCount(expected);

        int options = 12 + nameLength + 2 + 4 + 11;
        int padding = expected - options - 4;
        message[(options - 2)..(options + 4)].Should().Equal(0, (byte)(padding + 4), 0, 12, 0, (byte)padding);
        message[(options + 4)..].Should().Equal(new byte[padding]);
        Write(new DnsQuery(name, DnsRecordType.A) { IsPadded = true, Edns = false }).Should().HaveCount(options - 11);
    }

    [Theory]
    [InlineData("", "LabelEmpty")]
    [InlineData(".", "LabelEmpty")]
    [InlineData("a..b", "LabelEmpty")]
    [InlineData(".a", "LabelEmpty")]
    [InlineData("a..", "LabelEmpty")]
    [InlineData("bücher.test", "BadCharacter")]
    [InlineData("a b", "BadCharacter")]
    [InlineData("_tcp.a-1.test.", "None")]
    public void Names_AreChecked(string host, string problem) => DnsMessageWriter.ProblemOf(host).Should().Be(Enum.Parse<NameProblem>(problem));

    [Fact]
    public void LongNamesAndLabels_AreRefused()
    {
        string label = new('a', 63);
        DnsMessageWriter.ProblemOf(label + "a.test").Should().Be(NameProblem.LabelTooLong);
        DnsMessageWriter.ProblemOf($"{label}.{label}.{label}.{label[..62]}").Should().Be(NameProblem.NameTooLong);
        DnsMessageWriter.Write(new DnsQuery(label + "a", DnsRecordType.A), 1, new byte[512], out int length).Should().Be(NameProblem.LabelTooLong);
        length.Should().Be(0);
    }

    private static byte[] Write(DnsQuery query)
    {
        byte[] buffer = new byte[512];
        buffer.AsSpan().Fill(0xFF);
        DnsMessageWriter.Write(query, 0xABCD, buffer, out int length).Should().Be(NameProblem.None);
        return buffer[..length];
    }
}
