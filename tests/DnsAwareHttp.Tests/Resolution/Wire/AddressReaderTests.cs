using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

public sealed class AddressReaderTests
{
    private const string Name = "svc.test";

    private static readonly TimeSpan Longest = TimeSpan.MaxValue;

    [Theory]
    [InlineData(30u, 60u)]
    [InlineData(60u, 30u)]
    public void TheSmallestTtl_Counts_WhereverItIs(uint first, uint second) =>
        Text(Read(Answers().A(Name, "10.0.0.1", first).A(Name, "10.0.0.2", second), 2)).Should().Be("10.0.0.1 10.0.0.2, TTL 30");

    [Fact]
    public void TtlOfTheAliases_CountsToo() =>
        Text(Read(Answers().A(Name, "10.0.0.1", 30), 1, ttl: TimeSpan.FromSeconds(20))).Should().Be("10.0.0.1, TTL 20");

    [Fact]
    public void RecordsOfTheNameAndTypeAlone_AreTaken() =>
        Text(Read(
            Answers().A("other.test", "10.0.0.1", 1).Aaaa(Name, "2001:db8::1", 1).A(Name, "10.0.0.2", 1, cls: 3).A(Name, "10.0.0.3"), 4))
            .Should().Be("10.0.0.3, TTL 60");

    [Fact]
    public void IPv6_IsReadForAaaa() =>
        Text(Read(Answers().A(Name, "10.0.0.1").Aaaa(Name, "2001:db8::1", 30), 2, DnsRecordType.Aaaa)).Should().Be("2001:db8::1, TTL 30");

    [Fact]
    public void NoRecordOfTheName_IsNothing()
    {
        Read(Answers(), 0).Should().BeNull();
        Read(Answers().A("other.test", "10.0.0.1"), 1).Should().BeNull();
    }

    [Fact]
    public void AddressOfAnotherLength_IsLeftOut_AndMalformedIfThereIsNoOther()
    {
        Text(Read(Answers().Record(Name, 1, 1, [10, 0, 0]).A(Name, "10.0.0.1"), 2)).Should().Be("10.0.0.1, TTL 60");
        Read(Answers().Record(Name, 1, 60, [10, 0, 0]), 1).Should().Be(new DnsReply.Malformed("an address of 3 bytes"));
    }

    private static MessageBuilder Answers() => new MessageBuilder().Question(Name);

    private static DnsReply? Read(MessageBuilder builder, int count, DnsRecordType type = DnsRecordType.A, TimeSpan? ttl = null)
    {
        byte[] message = builder.Bytes;
        int at = Answers().Length;
        DnsSection.TryRead(message, ref at, count, out DnsSection answers).Should().BeTrue();
        return AddressReader.Read(message, 12, answers, type, ttl ?? Longest);
    }

    private static string Text(DnsReply? reply)
    {
        DnsReply.Records records = reply.Should().BeOfType<DnsReply.Records>().Subject;
        return $"{string.Join(' ', records.Addresses)}, TTL {records.Ttl.TotalSeconds}";
    }
}
