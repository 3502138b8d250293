using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Membership;
using DnsAwareHttp.Resolution;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>Messages that somebody wrote to do harm, one by one.</summary>
public sealed class HostileMessageTests
{
    private const ushort Id = 0x1234;

    // Where the first answer begins: behind the header and the question for svc.test.
    private const int First = 26;

    private static readonly DnsQuery Query = new("svc.test", DnsRecordType.A);
    private static readonly string Label63 = new('a', 63);

    private static readonly Dictionary<string, (MessageBuilder Message, string Outcome)> Cases = new()
    {
        ["pointer to itself"] = (One().Pointer(First).RecordTail(1, 60, [10, 0, 0, 1]), "malformed"),
        ["pointer to what follows"] = (One().Pointer(First + 2).RecordTail(1, 60, [10, 0, 0, 1]), "malformed"),
        ["pointer to the end of the message"] = (One().Pointer(First + 16).RecordTail(1, 60, [10, 0, 0, 1]), "malformed"),
        ["pointer behind the message"] = (One().Pointer(0x3FFF).RecordTail(1, 60, [10, 0, 0, 1]), "malformed"),
        ["pointer into the header, which is a name there"] = (One().Pointer(8).RecordTail(1, 60, [10, 0, 0, 1]), "malformed"),
        ["pointer to the header's first byte"] = (One().Pointer(0).RecordTail(1, 60, [10, 0, 0, 1]), "malformed"),
        ["pointer into the middle of a label"] = (One().Pointer(13).RecordTail(1, 60, [10, 0, 0, 1]), "malformed"),
        ["pointer to the question's end, the root"] = (One().Pointer(21).RecordTail(1, 60, [10, 0, 0, 1]), "nodata 5"),
        ["pointer to the question's second label"] = (One().Pointer(16).RecordTail(1, 60, [10, 0, 0, 1]), "nodata 5"),
        ["127 pointers in a row"] = (Pointers(127), "found 60 10.0.0.1"),
        ["128 pointers in a row"] = (Pointers(128), "malformed"),
        ["half a pointer"] = (One().Raw(0xC0), "malformed"),
        ["label that leads back into itself"] = (One().Raw(1, (byte)'a').Pointer(First).RecordTail(1, 60, [10, 0, 0, 1]), "malformed"),
        ["two pointers in a circle"] = (Answers(2).Record("", 16, 1, [0xC0, First + 13, 0xC0, First + 11]).Pointer(First + 13).RecordTail(1, 60, [10, 0, 0, 1]), "malformed"),
        ["label of 64 bytes"] = (One().Raw([64, .. new byte[64], 0]).RecordTail(1, 60, [10, 0, 0, 1]), "malformed"),
        ["label that runs out of the message"] = (One().Raw(63, 1, 2, 3), "malformed"),
        ["label kind of 01"] = (One().Raw(0x41, 1, 0).RecordTail(1, 60, [10, 0, 0, 1]), "malformed"),
        ["label kind of 10"] = (One().Raw(0x81, 1, 0).RecordTail(1, 60, [10, 0, 0, 1]), "malformed"),
        ["name of 255 bytes"] = (One().A($"{Label63}.{Label63}.{Label63}.{Label63[..61]}", "10.0.0.1"), "nodata 5"),
        ["name of 256 bytes"] = (One().A($"{Label63}.{Label63}.{Label63}.{Label63[..62]}", "10.0.0.1"), "malformed"),
        ["name of 256 bytes by a pointer"] = (One().Raw([63, .. new byte[63], 63, .. new byte[63], 63, .. new byte[63], 53, .. new byte[53]]).Pointer(12).RecordTail(1, 60, [10, 0, 0, 1]), "malformed"),
        ["owner with a zero byte in a label"] = (One().Raw([8, .. "svc\0test"u8, 0]).RecordTail(1, 60, [10, 0, 0, 1]), "nodata 5"),
        ["no answers counted, one there"] = (new MessageBuilder(answers: 0).Question("svc.test").A("svc.test", "10.9.9.9"), "nodata 5"),
        ["one answer counted, two there"] = (One().A("svc.test", "10.0.0.1").A("svc.test", "10.9.9.9"), "found 60 10.0.0.1"),
        ["65,535 answers counted"] = (new MessageBuilder(answers: 65_535).Question("svc.test").A("svc.test", "10.0.0.1"), "malformed"),
        ["65,535 authorities counted"] = (new MessageBuilder(answers: 1, authorities: 65_535).Question("svc.test").A("svc.test", "10.0.0.1"), "found 60 10.0.0.1"),
        ["65,535 additionals counted"] = (new MessageBuilder(answers: 1, additionals: 65_535).Question("svc.test").A("svc.test", "10.0.0.1"), "found 60 10.0.0.1"),
        ["65,535 questions counted"] = (new MessageBuilder(questions: 65_535, answers: 1).Question("svc.test").A("svc.test", "10.0.0.1"), "notours"),
        ["no question"] = (new MessageBuilder(questions: 0, answers: 1).A("svc.test", "10.0.0.1"), "notours"),
        ["question by a pointer"] = (new MessageBuilder(answers: 1).Pointer(12).Word(1).Word(1).A("svc.test", "10.0.0.1"), "notours"),
        ["garbage behind the last record"] = (One().A("svc.test", "10.0.0.1").Raw(new byte[300]), "found 60 10.0.0.1"),
        ["alias of itself"] = (One().Cname("svc.test", "SVC.test"), "malformed"),
        ["aliases in a circle of three"] = (Answers(3).Cname("svc.test", "b.test").Cname("b.test", "c.test").Cname("c.test", "svc.test"), "malformed"),
        ["circle behind the name's own address"] = (Answers(3).A("svc.test", "10.0.0.1").Cname("svc.test", "b.test").Cname("b.test", "svc.test"), "found 60 10.0.0.1"),
        ["circle that nobody leads to"] = (Answers(3).A("svc.test", "10.0.0.1").Cname("a.test", "b.test").Cname("b.test", "a.test"), "found 60 10.0.0.1"),
        ["chain of 16"] = (Chain(16), "found 60 10.0.0.1"),
        ["chain of 17"] = (Chain(17), "found 60 10.0.0.1"),
        ["chain of 63"] = (Chain(63), "found 60 10.0.0.1"),
        ["chain of 65"] = (Chain(65), "malformed"),
        ["two aliases, the first dead"] = (Answers(3).Cname("svc.test", "dead.test").Cname("svc.test", "b.test").A("b.test", "10.0.0.1"), "found 60 10.0.0.1"),
        ["two aliases, the second dead"] = (Answers(3).Cname("svc.test", "b.test").Cname("svc.test", "dead.test").A("b.test", "10.0.0.1"), "found 60 10.0.0.1"),
        ["two aliases, the first a circle"] = (Answers(3).Cname("svc.test", "SVC.test").Cname("svc.test", "b.test").A("b.test", "10.0.0.1"), "found 60 10.0.0.1"),
        ["two aliases, both dead"] = (Answers(2).Cname("svc.test", "a.test").Cname("svc.test", "b.test"), "elsewhere 60 a.test"),
        ["two aliases, the first broken"] = (Answers(3).Record("svc.test", 5, 60, [5, 97]).Cname("svc.test", "b.test").A("b.test", "10.0.0.1"), "found 60 10.0.0.1"),
        ["broken alias beside an address"] = (Answers(2).Record("svc.test", 5, 60, [5, 97]).A("svc.test", "10.0.0.1"), "found 60 10.0.0.1"),
        ["dead alias beside an address"] = (Answers(2).Cname("svc.test", "dead.test").A("svc.test", "10.0.0.1"), "found 60 10.0.0.1"),
        ["blank in an alias, with its address"] = (Answers(2).Cname("svc.test", "a b.test").A("A b.test", "10.0.0.1"), "found 60 10.0.0.1"),
        ["letter of Latin-1 in an alias, with its address"] = (Answers(2).Cname("svc.test", "A\u00e9.test").A("a\u00e9.test", "10.0.0.1"), "found 60 10.0.0.1"),
        ["letters of Latin-1 have no case"] = (Answers(2).Cname("svc.test", "\u00c9.test").A("\u00e9.test", "10.0.0.1"), "malformed"),
        ["broken authority beside an address"] = (With(authorities: 1).Raw(0xC0), "found 60 10.0.0.1"),
        ["broken additional beside an address"] = (With(additionals: 1).Raw(63, 1), "found 60 10.0.0.1"),
        ["no answer, and a broken authority"] = (new MessageBuilder(authorities: 1).Question("svc.test").Raw(0xC0), "malformed"),
        ["no answer, a SOA, and a broken authority"] = (new MessageBuilder(authorities: 2).Question("svc.test").Soa("test", 40, 50).Raw(0xC0), "nodata 40"),
        ["NXDOMAIN, and a broken authority"] = (new MessageBuilder(flags: 0x8183, authorities: 1).Question("svc.test").Raw(0xC0), "nxdomain 5"),
        ["two aliases of one name"] = (Answers(4).Cname("svc.test", "a.test").Cname("svc.test", "b.test").A("b.test", "10.9.9.9").A("a.test", "10.0.0.1"), "found 60 10.0.0.1"),
        ["64 aliases, one of them ours"] = (Aliases(63).Cname("svc.test", "a.test").A("a.test", "10.0.0.1"), "found 60 10.0.0.1"),
        ["65 aliases, one of them ours"] = (Aliases(64).Cname("svc.test", "a.test").A("a.test", "10.0.0.1"), "malformed"),
        ["alias with bytes behind its name"] = (One().Record("svc.test", 5, 60, [1, 97, 0, 0]), "malformed"),
        ["alias with half a name"] = (One().Record("svc.test", 5, 60, [5, 97]), "malformed"),
        ["alias without data"] = (One().Record("svc.test", 5, 60, []), "malformed"),
        ["broken alias of another name"] = (Answers(2).A("svc.test", "10.0.0.1").Record("a.test", 5, 60, [5, 97]), "found 60 10.0.0.1"),
        ["alias to the root"] = (One().Cname("svc.test", ""), "malformed"),
        ["alias to a name with a line break"] = (One().Record("svc.test", 5, 60, [3, 97, 10, 98, 0]), "malformed"),
        ["alias to a name with a letter of Latin-1"] = (One().Record("svc.test", 5, 60, [2, 97, 0xE9, 0]), "malformed"),
        ["alias of class CHAOS"] = (Answers(2).Record("svc.test", 5, 60, [1, 97, 0], cls: 3).A("svc.test", "10.0.0.1"), "found 60 10.0.0.1"),
        ["address of class CHAOS"] = (One().A("svc.test", "10.9.9.9", cls: 3), "nodata 5"),
        ["address of class ANY"] = (One().A("svc.test", "10.9.9.9", cls: 255), "nodata 5"),
        ["address of 3 bytes"] = (One().Record("svc.test", 1, 60, [1, 2, 3]), "malformed"),
        ["address of 5 bytes"] = (One().Record("svc.test", 1, 60, [1, 2, 3, 4, 5]), "malformed"),
        ["IPv4 address of 16 bytes"] = (One().Record("svc.test", 1, 60, new byte[16]), "malformed"),
        ["address of 5 bytes of another name"] = (Answers(2).Record("a.test", 1, 60, [1, 2, 3, 4, 5]).A("svc.test", "10.0.0.1"), "found 60 10.0.0.1"),
        ["address of 4 bytes behind one of 5"] = (Answers(2).Record("svc.test", 1, 60, [1, 2, 3, 4, 5]).A("svc.test", "10.0.0.1"), "found 60 10.0.0.1"),
        ["IPv6 address to the question for IPv4"] = (One().Aaaa("svc.test", "fd00::1"), "nodata 5"),
        ["data that runs out of the message"] = (One().Name("svc.test").RecordTail(1, 60, [10, 0, 0, 1], length: 0xFFFF), "malformed"),
        ["data one byte longer than the message"] = (One().Name("svc.test").RecordTail(1, 60, [10, 0, 0, 1], length: 5), "malformed"),
        ["a question, not an answer"] = (new MessageBuilder(flags: 0x0180, answers: 1).Question("svc.test").A("svc.test", "10.0.0.1"), "notours"),
        ["opcode of an update"] = (new MessageBuilder(flags: 0xA980, answers: 1).Question("svc.test").A("svc.test", "10.0.0.1"), "notours"),
        ["opcode 15"] = (new MessageBuilder(flags: 0xF980, answers: 1).Question("svc.test").A("svc.test", "10.0.0.1"), "notours"),
        ["truncated, with answers"] = (new MessageBuilder(flags: 0x8380, answers: 1).Question("svc.test").A("svc.test", "10.0.0.1"), "truncated"),
        ["truncated NXDOMAIN"] = (new MessageBuilder(flags: 0x8383).Question("svc.test"), "truncated"),
        ["NXDOMAIN with an address"] = (new MessageBuilder(flags: 0x8183, answers: 1).Question("svc.test").A("svc.test", "10.0.0.1"), "nxdomain 5"),
        ["SERVFAIL with an address"] = (new MessageBuilder(flags: 0x8182, answers: 1).Question("svc.test").A("svc.test", "10.0.0.1"), "servfail"),
        ["response code 15"] = (new MessageBuilder(flags: 0x818F, answers: 1).Question("svc.test").A("svc.test", "10.0.0.1"), "15"),
        ["extended response code"] = (With(additionals: 1).Record("", 41, 0x0100_0000, [], 1232), "badvers"),
        ["largest extended response code"] = (With(additionals: 1).Record("", 41, 0xFF00_0000, [], 1232), "4080"),
        ["OPT among the answers"] = (Answers(2).Record("", 41, 0x0100_0000, [], 1232).A("svc.test", "10.0.0.1"), "formerr"),
        ["OPT among the authorities"] = (With(authorities: 1).Record("", 41, 0x0100_0000, [], 1232), "found 60 10.0.0.1"),
        ["two OPTs"] = (With(additionals: 2).Record("", 41, 0, [], 1232).Record("", 41, 0x0100_0000, [], 1232), "found 60 10.0.0.1"),
        ["OPT with data that breaks off"] = (With(additionals: 1).Raw(0).RecordTail(41, 0, [1, 2], 1232, length: 200), "found 60 10.0.0.1"),
        ["TTL of 2^31"] = (One().A("svc.test", "10.0.0.1", 0x8000_0000), "found 0 10.0.0.1"),
        ["TTL of 2^32-1"] = (One().A("svc.test", "10.0.0.1", 0xFFFF_FFFF), "found 0 10.0.0.1"),
        ["TTL of 2^31-1"] = (One().A("svc.test", "10.0.0.1", 0x7FFF_FFFF), "found 2147483647 10.0.0.1"),
        ["alias with a TTL of 2^31"] = (Answers(2).Cname("svc.test", "a.test", 0x8000_0000).A("a.test", "10.0.0.1"), "found 0 10.0.0.1"),
        ["SOA of the asked name's neighbour"] = (new MessageBuilder(flags: 0x8183, authorities: 1).Question("svc.test").Soa("c.test", 900, 900), "nxdomain 5"),
        ["SOA of a name below the asked one"] = (new MessageBuilder(flags: 0x8183, authorities: 1).Question("svc.test").Soa("a.svc.test", 900, 900), "nxdomain 5"),
        ["SOA of class CHAOS"] = (new MessageBuilder(flags: 0x8183, authorities: 1).Question("svc.test").Record("test", 6, 900, [0, 0, .. new byte[20]], cls: 3), "nxdomain 5"),
        ["SOA that breaks off, then a whole one"] = (new MessageBuilder(flags: 0x8183, authorities: 2).Question("svc.test").Record("test", 6, 900, [0, 0, 1]).Soa("test", 40, 50), "nxdomain 40"),
        ["SOA among the answers"] = (new MessageBuilder(flags: 0x8183, answers: 1).Question("svc.test").Soa("test", 900, 900), "nxdomain 5"),
        ["addresses among authorities and additionals"] = (new MessageBuilder(authorities: 1, additionals: 1).Question("svc.test").A("svc.test", "10.9.9.9").A("svc.test", "10.9.9.8"), "nodata 5"),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Message_HasItsOutcome(string name)
    {
        (MessageBuilder message, string outcome) = Cases[name];
        DnsReply reply = DnsMessageReader.Read(message.Bytes, Query, Id);
        reply.SaysTheSameAs(PlainReader.Read(message.Bytes, Query, Id)).Should().BeTrue();
        reply.InWords().Should().Be(outcome);
    }

    [Theory]
    [InlineData(0x8380, 1, "found 60 10.0.0.1")]
    [InlineData(0x8380, 0, "truncated")]
    [InlineData(0x8383, 0, "nxdomain 5")]
    [InlineData(0x8380, 2, "malformed")]
    public void TruncatedReplyOnAStream_IsReadAsFarAsItGoes(int flags, int answers, string outcome)
    {
        byte[] message = answers == 0 ? new MessageBuilder(flags: (ushort)flags).Question("svc.test").Bytes
            : new MessageBuilder(flags: (ushort)flags, answers: answers).Question("svc.test").A("svc.test", "10.0.0.1").Bytes;
        DnsReply reply = DnsMessageReader.Read(message, Query, Id, isFromStream: true);

        reply.SaysTheSameAs(PlainReader.Read(message, Query, Id, isFromStream: true)).Should().BeTrue();
        reply.InWords().Should().Be(outcome);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(15)]
    [InlineData(17)]
    public void Ipv6AddressOfAnotherLength_IsMalformed(int length) =>
        DnsMessageReader.Read(new MessageBuilder(answers: 1).Question("svc.test", 28).Record("svc.test", 28, 60, new byte[length]).Bytes, new DnsQuery("svc.test", DnsRecordType.Aaaa), Id)
            .Should().BeOfType<DnsReply.Malformed>();

    [Fact]
    public void EveryPrefixOfAnAnswer_IsMalformedOrNotOurs()
    {
        byte[] whole = Answers(2).Cname("svc.test", "a.test").A("a.test", "10.0.0.1").Bytes;
        for (int length = 0; length < whole.Length; length++)
        {
            DnsMessageReader.Read(whole.AsSpan(0, length), Query, Id).GetType().Should().Be(length < First ? typeof(DnsReply.NotOurs) : typeof(DnsReply.Malformed), $"of {length} bytes");
        }
    }

    [Fact]
    public void WhatIsAllocated_GrowsWithTheAddressesOnly()
    {
        long one = BytesFor(Answers(1).A("svc.test", "10.0.0.1"));
        long oneOfMany = BytesFor(Strangers(Answers(3_001).A("svc.test", "10.0.0.1")));
        long oneBehindAliases = BytesFor(Chain(16));
        long hundred = BytesFor(Repeated(100));
        long nothing = BytesFor(Answers(1).A("a.test", "10.0.0.1"));
        long nothingOfMany = BytesFor(Strangers(Answers(3_000)));

        oneOfMany.Should().Be(one);
        oneBehindAliases.Should().Be(one);
        nothingOfMany.Should().Be(nothing);

        // An address and the reference to it, whatever the runtime makes of them.
        long perAddress = BytesFor(Repeated(2)) - one;
        hundred.Should().Be(one + (99 * perAddress));
    }

    [Fact]
    public void FourThousandAddresses_EachProcessUsesSixtyFourOfItsOwnAndKeepsThem()
    {
        ImmutableArray<IPAddress> all = ((DnsReply.Records)DnsMessageReader.Read(Repeated(4_000).Bytes, Query, Id)).Addresses;
        ImmutableArray<IPAddress> known = CachedAnswer.After(
            null, new Answer.Found(all, TimeSpan.FromSeconds(60)), AddressFamily.Unspecified, default, default, new DnsCacheOptions(), new Random(1)).LastGood!.Addresses;
        IPAddress[] shuffled = [.. known];
        new Random(7).Shuffle(shuffled);

        Dictionary<int, IPAddress[]> chosen = [];
        foreach (int seed in (int[])[1, 2])
        {
            AdaptiveMembership policy = new(64, seed, TimeSpan.FromDays(1));
            Members first = policy.Decide(Members.None, known, isComplete: false, default);
            Members second = policy.Decide(first, [.. shuffled], isComplete: false, default);
            chosen[seed] = [.. first.All.Select(member => member.Address)];
            chosen[seed].Should().HaveCount(64).And.OnlyHaveUniqueItems();
            second.All.Select(member => member.Address).Should().BeEquivalentTo(chosen[seed]);
            second.Departed.Should().BeEmpty();
        }

        known.Should().HaveCount(4_000);
        chosen[1].Intersect(chosen[2]).Should().HaveCountLessThan(16);
        chosen[1].Intersect(known.Take(64)).Should().HaveCountLessThan(16);
    }

    private static MessageBuilder One() => Answers(1);

    private static MessageBuilder Answers(int count) => new MessageBuilder(answers: count).Question("svc.test");

    private static MessageBuilder With(int authorities = 0, int additionals = 0) =>
        new MessageBuilder(answers: 1, authorities: authorities, additionals: additionals).Question("svc.test").A("svc.test", "10.0.0.1");

    private static MessageBuilder Chain(int links)
    {
        // The last link first: each has to be looked for.
        MessageBuilder message = Answers(links + 1).A($"c{links}.test", "10.0.0.1");
        for (int link = links; link > 1; link--)
        {
            message.Cname($"c{link - 1}.test", $"c{link}.test");
        }

        return message.Cname("svc.test", "c1.test");
    }

    // The last of them is the owner; the others lie in the data of a record of another type, and the first of them leads to the question.
    private static MessageBuilder Pointers(int count)
    {
        MessageBuilder message = Answers(2);
        int data = message.Length + 11;
        List<byte> pointers = [0xC0, 12];
        for (int pointer = 2; pointer < count; pointer++)
        {
            int previous = data + (2 * (pointer - 2));
            pointers.AddRange([(byte)(0xC0 | (previous >> 8)), (byte)previous]);
        }

        return message.Record("", 16, 1, [.. pointers]).Pointer(data + (2 * (count - 2))).RecordTail(1, 60, [10, 0, 0, 1]);
    }

    private static MessageBuilder Aliases(int strangers)
    {
        MessageBuilder message = Answers(strangers + 2);
        for (int index = 0; index < strangers; index++)
        {
            message.Cname($"x{index}.test", "b.test");
        }

        return message;
    }

    private static MessageBuilder Repeated(int count)
    {
        MessageBuilder message = Answers(count);
        for (int index = 0; index < count; index++)
        {
            message.Pointer(12).RecordTail(1, 60, [10, 1, (byte)(index >> 8), (byte)index]);
        }

        return message;
    }

    private static MessageBuilder Strangers(MessageBuilder message)
    {
        for (int index = 0; index < 3_000; index++)
        {
            message.Pointer(16).RecordTail(1, 60, [10, 9, (byte)(index >> 8), (byte)index]);
        }

        return message;
    }

    private static long BytesFor(MessageBuilder message)
    {
        byte[] bytes = message.Bytes;
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            _ = DnsMessageReader.Read(bytes, Query, Id);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
