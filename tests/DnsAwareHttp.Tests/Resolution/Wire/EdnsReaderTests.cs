using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>RFC 6891 section 6.1.</summary>
public sealed class EdnsReaderTests
{
    private const int Opt = 41;

    [Fact]
    public void OptRecord_AmongTheAdditionals_IsFound()
    {
        EdnsReader.HasOpt(Reply(additionals: 1).Record("", Opt, 0, [], cls: 1232).Bytes).Should().BeTrue();
        EdnsReader.HasOpt(Reply(additionals: 2).A("ns.test", "10.0.0.1").Record("", Opt, 0, [], cls: 1232).Bytes).Should().BeTrue();
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(1, 2)]
    [InlineData(0, 1)]
    public void OptRecord_BehindTheOtherSections_IsFound(int answers, int authorities)
    {
        MessageBuilder reply = new MessageBuilder(answers: answers, authorities: authorities, additionals: 1).Question("svc.test");
        for (int answer = 0; answer < answers; answer++)
        {
            reply.A("svc.test", "10.0.0.1");
        }

        for (int authority = 0; authority < authorities; authority++)
        {
            reply.Soa("test", 5, 5);
        }

        EdnsReader.HasOpt(reply.Record("", Opt, 0, [], cls: 1232).Bytes).Should().BeTrue();
    }

    [Fact]
    public void OptRecord_InAnotherSection_DoesNotCount()
    {
        EdnsReader.HasOpt(new MessageBuilder(answers: 1).Question("svc.test").Record("", Opt, 0, [], cls: 1232).Bytes).Should().BeFalse();
        EdnsReader.HasOpt(new MessageBuilder(authorities: 1).Question("svc.test").Record("", Opt, 0, [], cls: 1232).Bytes).Should().BeFalse();
    }

    [Fact]
    public void NoOptRecord_IsNotFound()
    {
        EdnsReader.HasOpt(Reply().Bytes).Should().BeFalse();
        EdnsReader.HasOpt(Reply(additionals: 1).A("ns.test", "10.0.0.1").Bytes).Should().BeFalse();
        EdnsReader.HasOpt(new MessageBuilder(questions: 0).Bytes).Should().BeFalse("there is a header only");
    }

    [Fact]
    public void MessageThatBreaksOff_HasNone()
    {
        byte[] message = Reply(additionals: 1).Record("", Opt, 0, [], cls: 1232).Bytes;
        for (int length = 12; length < message.Length; length++)
        {
            EdnsReader.HasOpt(message.AsSpan(0, length)).Should().BeFalse($"only {length} bytes are there");
        }
    }

    [Fact]
    public void IsIn_LooksAtThatSectionAlone()
    {
        byte[] message = new MessageBuilder(questions: 0, answers: 2).A("svc.test", "10.0.0.1").Record("", Opt, 0, [], cls: 1232).Bytes;
        int at = 12;
        DnsSection.TryRead(message, ref at, 1, out DnsSection first).Should().BeTrue();
        DnsSection.TryRead(message, ref at, 1, out DnsSection second).Should().BeTrue();

        EdnsReader.IsIn(first).Should().BeFalse();
        EdnsReader.IsIn(second).Should().BeTrue();
    }

    private static MessageBuilder Reply(int additionals = 0) => new MessageBuilder(additionals: additionals).Question("svc.test");
}
