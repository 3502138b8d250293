using System.Net;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

public class DnsMessageReaderTests
{
    private const ushort Id = 0x1234;

    private static readonly DnsQuery Query = new("svc.test", DnsRecordType.A);

    [Fact]
    public void Addresses_AreReadInOrder_WithTheSmallestTtl() =>
        Read(new MessageBuilder(answers: 2).Question("svc.test").A("svc.test", "10.0.0.2", 60).A("svc.test", "10.0.0.1", 30))
            .Should().BeEquivalentTo(Records(30, "10.0.0.2", "10.0.0.1"), options => options.WithStrictOrdering());

    [Fact]
    public void Ipv6_IsRead() =>
        Read(new MessageBuilder(answers: 1).Question("svc.test", 28).Aaaa("svc.test", "2001:db8::1"), new DnsQuery("svc.test", DnsRecordType.Aaaa))
            .Should().BeEquivalentTo(Records(60, "2001:db8::1"));

    [Fact]
    public void NamesInAnyCase_AndCompressed_AreTheSame() =>
        Read(new MessageBuilder(answers: 1).Question("SVC.Test").Pointer(12).RecordTail(1, 60, [10, 0, 0, 1]), new DnsQuery("svC.tesT.", DnsRecordType.A))
            .Should().BeEquivalentTo(Records(60, "10.0.0.1"));

    [Fact]
    public void Aliases_AreFollowedInAnyOrder_AndTheirTtlCounts() =>
        Read(new MessageBuilder(answers: 3).Question("svc.test").A("b.test", "10.0.0.1", 60).Cname("a.test", "b.test", 7).Cname("svc.test", "A.test", 90))
            .Should().BeEquivalentTo(Records(7, "10.0.0.1"));

    [Fact]
    public void RecordsOffTheChain_OfAnotherClass_OrOfAnotherType_AreIgnored() =>
        Read(new MessageBuilder(answers: 4).Question("svc.test")
                .A("other.test", "10.9.9.9", 1).A("svc.test", "10.9.9.8", 1, cls: 3).Record("svc.test", 16, 1, [1, 65]).A("svc.test", "10.0.0.1", 60))
            .Should().BeEquivalentTo(Records(60, "10.0.0.1"));

    [Fact]
    public void AddressesOfTheAdditionalSection_AreIgnored() =>
        Read(new MessageBuilder(additionals: 1).Question("svc.test").A("svc.test", "10.9.9.9")).Should().Be(None(EmptyReason.NoData, 5));

    [Fact]
    public void TtlWithItsHighestBitSet_IsZero() =>
        Read(new MessageBuilder(answers: 1).Question("svc.test").A("svc.test", "10.0.0.1", 0x8000_0000)).Should().BeEquivalentTo(Records(0, "10.0.0.1"));

    [Fact]
    public void LargestTtl_IsTaken() =>
        Read(new MessageBuilder(answers: 1).Question("svc.test").A("svc.test", "10.0.0.1", int.MaxValue)).Should().BeEquivalentTo(Records(int.MaxValue, "10.0.0.1"));

    [Theory]
    [InlineData(300u, 60u, 60)]
    [InlineData(20u, 60u, 20)]
    [InlineData(20u, 0xFFFF_FFFFu, 0)]
    public void NegativeTtl_IsTheSmallerOfSoaTtlAndMinimum(uint ttl, uint minimum, int expected)
    {
        Read(new MessageBuilder(flags: 0x8183, authorities: 1).Question("svc.test").Soa("test", ttl, minimum)).Should().Be(None(EmptyReason.NxDomain, expected));
        Read(new MessageBuilder(authorities: 1).Question("svc.test").Soa("", ttl, minimum)).Should().Be(None(EmptyReason.NoData, expected));
    }

    [Fact]
    public void NegativeTtl_WithoutSoaOfAZoneThatTheNameIsIn_IsTheDefault()
    {
        Read(new MessageBuilder(flags: 0x8183).Question("svc.test")).Should().Be(None(EmptyReason.NxDomain, 5));
        Read(new MessageBuilder(authorities: 1).Question("svc.test").Soa("vc.test", 1, 1)).Should().Be(None(EmptyReason.NoData, 5));
        Read(new MessageBuilder(authorities: 1).Question("svc.test").Record("test", 6, 1, [0, 0, 1])).Should().Be(None(EmptyReason.NoData, 5));
    }

    [Fact]
    public void NothingBehindAnAlias_IsNoData_WithTheSoaOfTheTarget() =>
        Read(new MessageBuilder(answers: 1, authorities: 1).Question("svc.test").Cname("svc.test", "a.other", 300).Soa("other", 90, 40))
            .Should().Be(None(EmptyReason.NoData, 40));

    [Fact]
    public void NxDomainBehindAnAlias_LastsNoLongerThanTheAlias() =>
        Read(new MessageBuilder(flags: 0x8183, answers: 1, authorities: 1).Question("svc.test").Cname("svc.test", "a.other", 3).Soa("other", 90, 40))
            .Should().Be(None(EmptyReason.NxDomain, 3));

    [Fact]
    public void AliasWithoutAnythingElse_LeadsElsewhere() =>
        Read(new MessageBuilder(answers: 2).Question("svc.test").Cname("svc.test", "a.test", 9).Cname("a.test", "b.test", 8))
            .Should().Be(new DnsReply.Elsewhere("b.test", 2, TimeSpan.FromSeconds(8)));

    [Theory]
    [InlineData(17, true)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void Chain_MayHaveAsManyLinksAsAMessageMayHaveAliases(int links, bool isFollowed)
    {
        MessageBuilder message = new MessageBuilder(answers: links + 1).Question("svc.test").Cname("svc.test", "c1.test");
        for (int link = 1; link < links; link++)
        {
            message.Cname($"c{link}.test", $"c{link + 1}.test");
        }

        DnsReply reply = Read(message.A($"c{links}.test", "10.0.0.1"));
        (reply is DnsReply.Records).Should().Be(isFollowed);
        (reply is DnsReply.Malformed).Should().Be(!isFollowed);
    }

    [Fact]
    public void Chain_MayHaveNoMoreLinksThanAreLeft() =>
        Read(new MessageBuilder(answers: 2).Question("svc.test").Cname("svc.test", "a.test").A("a.test", "10.0.0.1"), Query with { LinksLeft = 0 })
            .Should().BeOfType<DnsReply.Malformed>();

    [Fact]
    public void AliasLoops_AreRefused_UnlessTheNameHasItsOwnAddress()
    {
        Read(new MessageBuilder(answers: 2).Question("svc.test").Cname("svc.test", "svc.test").A("svc.test", "10.0.0.1")).Should().BeOfType<DnsReply.Records>();
        Read(new MessageBuilder(answers: 2).Question("svc.test").Cname("svc.test", "a.test").Cname("a.test", "svc.test")).Should().BeOfType<DnsReply.Malformed>();
    }

    [Fact]
    public void AliasToANameThatNoHostCanHave_IsMalformed()
    {
        Read(new MessageBuilder(answers: 1).Question("svc.test").Cname("svc.test", "")).Should().BeOfType<DnsReply.Malformed>();
        Read(new MessageBuilder(answers: 1).Question("svc.test").Record("svc.test", 5, 60, [3, (byte)'a', (byte)'.', (byte)'b', 0])).Should().BeOfType<DnsReply.Malformed>();
    }

    [Fact]
    public void DotInsideALabel_DoesNotMakeItAnotherName() =>
        Read(new MessageBuilder(answers: 1).Question("svc.test").Raw([8, .. "svc.test"u8, 0]).RecordTail(1, 60, [10, 9, 9, 9])).Should().Be(None(EmptyReason.NoData, 5));

    [Theory]
    [InlineData(0x1235, 0x8180, "svc.test", 1, 1)]
    [InlineData(Id, 0x0180, "svc.test", 1, 1)]
    [InlineData(Id, 0x9180, "svc.test", 1, 1)]
    [InlineData(Id, 0x8180, "svd.test", 1, 1)]
    [InlineData(Id, 0x8180, "svc.test.test", 1, 1)]
    [InlineData(Id, 0x8180, "svc.test", 28, 1)]
    [InlineData(Id, 0x8180, "svc.test", 1, 3)]
    public void AnotherIdOrQuestion_IsNotOurs(int id, int flags, string name, int type, int cls) =>
        Read(new MessageBuilder((ushort)id, (ushort)flags, answers: 1).Question(name, type, cls).A("svc.test", "10.0.0.1")).Should().BeOfType<DnsReply.NotOurs>();

    [Fact]
    public void NoQuestion_TwoQuestions_OrNotEvenAHeader_IsNotOurs()
    {
        Read(new MessageBuilder(questions: 0, answers: 1).A("svc.test", "10.0.0.1")).Should().BeOfType<DnsReply.NotOurs>();
        Read(new MessageBuilder(questions: 2).Question("svc.test").Question("svc.test")).Should().BeOfType<DnsReply.NotOurs>();
        Read(new MessageBuilder().Name("svc.test").Raw(0, 1, 0)).Should().BeOfType<DnsReply.NotOurs>();
        DnsMessageReader.Read([], Query, Id).Should().BeOfType<DnsReply.NotOurs>();
        DnsMessageReader.Read(new MessageBuilder().Bytes.AsSpan(0, 11), Query, Id).Should().BeOfType<DnsReply.NotOurs>();
        DnsMessageReader.Read(new byte[70_000], Query, 0).Should().BeOfType<DnsReply.NotOurs>();
    }

    [Theory]
    [InlineData(1, "FormErr")]
    [InlineData(2, "ServFail")]
    [InlineData(4, "NotImp")]
    [InlineData(5, "Refused")]
    [InlineData(9, "9")]
    public void Refusals_AreNamed_AlsoWithoutAQuestion(int code, string name)
    {
        DnsReply expected = new DnsReply.Refusal(Enum.Parse<DnsResponseCode>(name));
        Read(new MessageBuilder(flags: (ushort)(0x8180 | code)).Question("svc.test")).Should().Be(expected);
        Read(new MessageBuilder(flags: (ushort)(0x8180 | code), questions: 0)).Should().Be(expected);
    }

    [Fact]
    public void ExtendedCode_IsReadFromTheOptRecord() =>
        Read(new MessageBuilder(additionals: 1).Question("svc.test").Record("", 41, 0x0100_0000, [], 1232)).Should().Be(new DnsReply.Refusal(DnsResponseCode.BadVers));

    [Fact]
    public void Truncated_IsSeenBeforeTheRecordsAreRead() =>
        Read(new MessageBuilder(flags: 0x8380, answers: 9).Question("svc.test").Raw(1, 2, 3)).Should().BeOfType<DnsReply.Truncated>();

    [Fact]
    public void LyingCounts_OfWhatIsNeeded_AreMalformed()
    {
        Read(new MessageBuilder(answers: 2).Question("svc.test").A("svc.test", "10.0.0.1")).Should().BeOfType<DnsReply.Malformed>();
        Read(new MessageBuilder(answers: 65_535).Question("svc.test")).Should().BeOfType<DnsReply.Malformed>();
        Read(new MessageBuilder(authorities: 65_535).Question("svc.test")).Should().BeOfType<DnsReply.Malformed>();
        Read(new MessageBuilder(answers: 1).Question("svc.test").Name("svc.test").RecordTail(1, 60, [10, 0, 0, 1], length: 5)).Should().BeOfType<DnsReply.Malformed>();
        Read(new MessageBuilder(answers: 1).Question("svc.test").Record("svc.test", 1, 60, [10, 0, 0])).Should().BeOfType<DnsReply.Malformed>();
        Read(new MessageBuilder(answers: 1).Question("svc.test").Record("svc.test", 1, 60, [])).Should().BeOfType<DnsReply.Malformed>();
        Read(new MessageBuilder(answers: 1).Question("svc.test").Record("svc.test", 5, 60, [1, 65, 0, 7])).Should().BeOfType<DnsReply.Malformed>();
    }

    [Fact]
    public void PointersToThemselves_ForwardOrInCircles_AreMalformed()
    {
        MessageBuilder start = new MessageBuilder(answers: 1).Question("svc.test");
        int here = start.Length;
        Read(start.Pointer(here).RecordTail(1, 60, [10, 0, 0, 1])).Should().BeOfType<DnsReply.Malformed>();
        Read(new MessageBuilder(answers: 1).Question("svc.test").Pointer(here + 2).RecordTail(1, 60, [10, 0, 0, 1])).Should().BeOfType<DnsReply.Malformed>();
        Read(new MessageBuilder(answers: 1).Question("svc.test").Raw(1, 65).Pointer(here).RecordTail(1, 60, [10, 0, 0, 1])).Should().BeOfType<DnsReply.Malformed>();
        Read(new MessageBuilder(answers: 1).Question("svc.test").Raw(0xC0)).Should().BeOfType<DnsReply.Malformed>();
    }

    [Fact]
    public void PointersToPointers_AreFollowedOnlySoFar()
    {
        MessageBuilder message = new MessageBuilder(answers: 2).Question("svc.test");
        int data = message.Length + 11;
        List<byte> pointers = [0xC0, 12];
        for (int index = 0; index < 200; index++)
        {
            int previous = data + (2 * index);
            pointers.AddRange([(byte)(0xC0 | (previous >> 8)), (byte)previous]);
        }

        Read(message.Record("", 16, 1, [.. pointers]).Pointer(data + 400).RecordTail(1, 60, [10, 0, 0, 1])).Should().BeOfType<DnsReply.Malformed>();
    }

    [Fact]
    public void OverlongNamesAndUnknownLabelKinds_AreMalformed()
    {
        string label = new('a', 63);
        Read(new MessageBuilder(answers: 1).Question("svc.test").A($"{label}.{label}.{label}.{label}", "10.0.0.1")).Should().BeOfType<DnsReply.Malformed>();
        Read(new MessageBuilder(answers: 1).Question("svc.test").A($"{label}.{label}.{label}.{label[..61]}", "10.0.0.1")).Should().BeOfType<DnsReply.None>();
        Read(new MessageBuilder(answers: 1).Question("svc.test").Raw(0x41, 65, 0).RecordTail(1, 60, [10, 0, 0, 1])).Should().BeOfType<DnsReply.Malformed>();
        Read(new MessageBuilder(answers: 1).Question("svc.test").Raw(0x80, 65, 0).RecordTail(1, 60, [10, 0, 0, 1])).Should().BeOfType<DnsReply.Malformed>();
        Read(new MessageBuilder(answers: 1).Question("svc.test").Raw(63, 65)).Should().BeOfType<DnsReply.Malformed>();
    }

    [Fact]
    public void AddressesAreBounded()
    {
        MessageBuilder message = new MessageBuilder(answers: 4_300).Question("");
        for (int index = 0; index < 4_300; index++)
        {
            message.Raw(0).RecordTail(1, 60, [10, 1, (byte)(index >> 8), (byte)index]);
        }

        Read(message, new DnsQuery("", DnsRecordType.A)).Should().BeOfType<DnsReply.Records>().Which.Addresses.Should().HaveCount(AddressReader.MaxAddresses);
    }

    [Fact]
    public void TwoHundredThousandMutations_EndAndHaveANamedOutcome()
    {
        byte[][] seeds =
        [
            new MessageBuilder(answers: 2).Question("svc.test").A("svc.test", "10.0.0.2").Pointer(12).RecordTail(1, 60, [10, 0, 0, 1]).Bytes,
            new MessageBuilder(answers: 3, additionals: 1).Question("svc.test").Cname("svc.test", "a.test").Record("a.test", 5, 9, [1, 98, 0xC0, 16])
                .A("b.test", "10.0.0.1").Record("", 41, 0, [], 1232).Bytes,
            new MessageBuilder(flags: 0x8183, authorities: 1).Question("svc.test").Soa("test", 60, 30).Bytes,
        ];
        Random random = new(20_260_101);
        Dictionary<Type, int> outcomes = [];
        for (int round = 0; round < 200_000; round++)
        {
            DnsReply reply = DnsMessageReader.Read(Mutated(seeds[round % seeds.Length], random), Query, Id);
            outcomes[reply.GetType()] = outcomes.GetValueOrDefault(reply.GetType()) + 1;
        }

        outcomes.Keys.Should().Contain([typeof(DnsReply.Records), typeof(DnsReply.Malformed), typeof(DnsReply.None), typeof(DnsReply.NotOurs)]);
    }

    private static byte[] Mutated(byte[] seed, Random random)
    {
        byte[] message = [.. seed];
        for (int count = random.Next(1, 6); count > 0; count--)
        {
            // The header and the question are mostly spared, or nothing behind them would ever be read.
            int at = random.Next(10) == 0 ? random.Next(message.Length) : random.Next(26, message.Length);
            message[at] = random.Next(4) switch { 0 => 0xC0, 1 => (byte)random.Next(64), 2 => 0, _ => (byte)random.Next(256) };
        }

        return random.Next(4) == 0 ? message[..random.Next(message.Length)] : message;
    }

    private static DnsReply Read(MessageBuilder message, DnsQuery? query = null) => DnsMessageReader.Read(message.Bytes, query ?? Query, Id);

    private static DnsReply.Records Records(int ttl, params string[] addresses) => new([.. addresses.Select(IPAddress.Parse)], TimeSpan.FromSeconds(ttl));

    private static DnsReply.None None(EmptyReason reason, int ttl) => new(reason, TimeSpan.FromSeconds(ttl));
}
