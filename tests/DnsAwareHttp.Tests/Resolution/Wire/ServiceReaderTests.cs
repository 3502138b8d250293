using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

public sealed class ServiceReaderTests
{
    private const int Srv = 33;
    private const string Service = "_http._tcp.svc.test";

    private static readonly DnsQuery Query = new(Service, DnsRecordType.Srv);

    [Fact]
    public void Targets_AreReadWithTheSmallestTtl()
    {
        DnsReply.Records records = Targets(Reply(answers: 2).Srv(Service, "A.test", 8080, 10, 60, ttl: 90).Srv(Service, "b.test", 65535, 65535, 65534, ttl: 30));

        records.Targets!.Value.Should().Equal(new ServiceTarget("a.test", 8080, 10, 60), new ServiceTarget("b.test", 65535, 65535, 65534));
        records.Ttl.Should().Be(TimeSpan.FromSeconds(30));
        records.Addresses.Should().BeEmpty();
    }

    [Fact]
    public void TargetThatIsCompressed_IsReadAllTheSame()
    {
        // To "svc.test" in the question, behind two labels.
        byte[] data = [0, 1, 0, 2, 0, 80, 1, (byte)'a', 0xC0, 12 + 6 + 5];

        Targets(Reply(answers: 1).Record(Service, Srv, 60, data)).Targets!.Value.Should().Equal(new ServiceTarget("a.svc.test", 80, 1, 2));
    }

    [Fact]
    public void Alias_IsFollowedAndItsTtlCounts()
    {
        DnsReply.Records records = Targets(Reply(answers: 2).Cname(Service, "other.test", ttl: 7).Srv("other.test", "a.test", 80));

        records.Targets!.Value.Should().ContainSingle().Which.Host.Should().Be("a.test");
        records.Ttl.Should().Be(TimeSpan.FromSeconds(7));
    }

    [Fact]
    public void AliasAlone_LeadsElsewhere() =>
        Read(Reply(answers: 1).Cname(Service, "other.test", ttl: 7)).Should().Be(new DnsReply.Elsewhere("other.test", 1, TimeSpan.FromSeconds(7)));

    [Fact]
    public void RootAsTarget_TheServiceIsDecidedlyNotAvailable()
    {
        DnsReply.Records records = Targets(Reply(answers: 1).Srv(Service, "", 0, ttl: 20));

        records.Targets!.Value.Should().BeEmpty();
        records.Ttl.Should().Be(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void TargetsThatCannotBeConnectedTo_AreLeftOut() =>
        Targets(Reply(answers: 4).Srv(Service, "", 80).Srv(Service, "a b.test", 80).Srv(Service, "a.test", 0).Srv(Service, "a.test", 80))
            .Targets!.Value.Should().ContainSingle().Which.Should().Be(new ServiceTarget("a.test", 80, 0, 0));

    [Fact]
    public void NoTargetThatCanBeConnectedTo_IsMalformed() =>
        Read(Reply(answers: 2).Srv(Service, "a b.test", 80).Srv(Service, "a.test", 0)).Should().BeOfType<DnsReply.Malformed>();

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 80 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 80, 1 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 80, 1, 97, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 80, 0xC0, 0xFF })]
    public void RecordThatBreaksOff_IsMalformed(byte[] data) =>
        Read(Reply(answers: 1).Record(Service, Srv, 60, data)).Should().BeOfType<DnsReply.Malformed>();

    [Fact]
    public void RecordThatBreaksOff_BesideAGoodOne_IsLeftOut() =>
        Targets(Reply(answers: 2).Record(Service, Srv, 60, [0, 0, 0, 0, 0, 80, 1]).Srv(Service, "a.test", 80)).Targets!.Value.Should().ContainSingle().Which.Host.Should().Be("a.test");

    [Fact]
    public void TwiceTheSame_IsOnce() =>
        Targets(Reply(answers: 2).Srv(Service, "a.test", 80).Srv(Service, "A.test", 80)).Targets!.Value.Should().ContainSingle();

    [Fact]
    public void MoreThanIsTaken_TheRestIsLeftUnread()
    {
        MessageBuilder message = Reply(answers: 1100);
        for (int i = 0; i < 1100; i++)
        {
            message.Srv(Service, "a.test", i + 1);
        }

        Targets(message).Targets!.Value.Should().HaveCount(ServiceReader.MaxTargets);
    }

    [Fact]
    public void TtlWithItsHighestBitSet_IsZero() => Targets(Reply(answers: 1).Srv(Service, "a.test", 80, ttl: 0x8000_0000)).Ttl.Should().Be(TimeSpan.Zero);

    [Fact]
    public void RecordsOfOtherNamesClassesAndTypes_AreIgnored() =>
        Targets(Reply(answers: 4).Srv("_http._tcp.other.test", "x.test", 80).A(Service, "10.0.0.1").Record(Service, Srv, 60, [0, 0, 0, 0, 0, 80, 0], cls: 3).Srv(Service, "a.test", 80))
            .Targets!.Value.Should().ContainSingle().Which.Host.Should().Be("a.test");

    [Fact]
    public void NothingThere_IsNoDataOrNxDomainByItsSoa()
    {
        Read(Reply(authorities: 1).Soa("test", 300, 9)).Should().Be(new DnsReply.None(EmptyReason.NoData, TimeSpan.FromSeconds(9)));
        Read(new MessageBuilder(flags: 0x8183, authorities: 1).Question(Service, Srv).Soa("test", 300, 9)).Should().Be(new DnsReply.None(EmptyReason.NxDomain, TimeSpan.FromSeconds(9)));
    }

    private static MessageBuilder Reply(int answers = 0, int authorities = 0) => new MessageBuilder(answers: answers, authorities: authorities).Question(Service, Srv);

    private static DnsReply Read(MessageBuilder message) => DnsMessageReader.Read(message.Bytes, Query, 0x1234);

    private static DnsReply.Records Targets(MessageBuilder message) => Read(message).Should().BeOfType<DnsReply.Records>().Subject;
}
