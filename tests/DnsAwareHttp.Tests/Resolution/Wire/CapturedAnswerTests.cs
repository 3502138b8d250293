using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Wire;

/// <summary>What dnsmasq, named, knot and unbound really answer is read as what it means.</summary>
public sealed class CapturedAnswerTests
{
    private static readonly string Big = string.Join(' ', Enumerable.Range(1, 200).Select(host => $"10.1.0.{host}").Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("dnsmasq")]
    [InlineData("named")]
    [InlineData("knotd")]
    [InlineData("unbound")]
    public void Answers_AreReadAsWhatTheyMean(string server)
    {
        CapturedAnswer[] answers = [.. CapturedAnswer.All.Where(answer => answer.Server == server)];
        answers.Should().HaveCount(22);
        foreach (CapturedAnswer answer in answers)
        {
            DnsReply reply = DnsMessageReader.Read(answer.Message, answer.Query, answer.Id);
            reply.InWords().Should().Be(Expected(server, answer), answer.ToString());
            reply.SaysTheSameAs(PlainReader.Read(answer.Message, answer.Query, answer.Id)).Should().BeTrue();
        }
    }

    [Fact]
    public void FindingsOfTheFuzzer_AreReadAsThePlainReaderReadsThem()
    {
        CapturedAnswer.Fuzzed.Should().NotBeEmpty();
        foreach (CapturedAnswer finding in CapturedAnswer.Fuzzed)
        {
            DnsReply reply = DnsMessageReader.Read(finding.Message, finding.Query, finding.Id);
            DnsReply plain = PlainReader.Read(finding.Message, finding.Query, finding.Id);

            reply.SaysTheSameAs(plain).Should().BeTrue("{0} is {1} and not {2}", Convert.ToHexStringLower(finding.Message), plain.InWords(), reply.InWords());
        }
    }

    // dnsmasq sends no SOA records for what is its own, and has no alias to a name that it does not know: 5 s, and no such name.
    private static string Expected(string server, CapturedAnswer answer)
    {
        bool isDnsmasq = server == "dnsmasq";
        return (answer.Query.Host.ToLowerInvariant(), answer.Query.Type) switch
        {
            ("one.test", DnsRecordType.A) => "found 60 10.0.0.1",
            ("two.test", DnsRecordType.A) => "found 60 10.0.0.1 10.0.0.2",
            ("two.test", DnsRecordType.Aaaa) => "found 60 fd00::1 fd00::2",
            ("mixed.test", _) => "found 60 10.0.0.3",
            ("zero.test", _) => "found 0 10.0.0.1",
            ("day.test", _) => "found 86400 10.0.0.1",
            ("c1.test", DnsRecordType.A) => "found 20 10.0.0.1 10.0.0.2",
            ("c1.test", DnsRecordType.Aaaa) => "found 20 fd00::1 fd00::2",
            ("big.test", _) => answer.ByTcp ? $"found 60 {Big}" : "truncated",
            ("one.test" or "text.test", _) => isDnsmasq ? "nodata 5" : "nodata 30",
            ("nowhere.test", _) => isDnsmasq ? "nxdomain 5" : "nxdomain 30",
            ("gone.test", _) => isDnsmasq ? "nxdomain 5" : "nxdomain 20",
            ("dry.test", _) => isDnsmasq ? "nxdomain 5" : "nodata 20",
            ("out.test", _) => isDnsmasq ? "nxdomain 5" : server == "unbound" ? "servfail" : "elsewhere 60 elsewhere.example",
            ("loop.test", _) => isDnsmasq ? "nxdomain 5" : server == "knotd" ? "malformed" : "servfail",
            ("x.servfail.test", _) => isDnsmasq ? "nxdomain 5" : "servfail",
            _ => "refused",
        };
    }
}
