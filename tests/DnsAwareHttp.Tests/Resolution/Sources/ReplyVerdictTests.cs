using System.Net;
using System.Net.Sockets;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class ReplyVerdictTests
{
    private static readonly NameServer Server = new(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 53));
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(60);
    private static readonly Answer.Empty NoData = new(EmptyReason.NoData, TimeSpan.FromSeconds(5));

    [Fact]
    public void Of_Records_AreTheAddressesWithTheirTtl() =>
        ReplyVerdict.Of(Records("10.9.0.1")).Answer.Should().Be(Found("10.9.0.1"));

    [Fact]
    public void Of_None_IsEmpty() =>
        ReplyVerdict.Of(new DnsReply.None(EmptyReason.NoData, TimeSpan.FromSeconds(5))).Answer.Should().Be(NoData);

    [Fact]
    public void Of_ReplyThatIsNoAnswer_IsAMistake() =>
        FluentActions.Invoking(static () => ReplyVerdict.Of(DnsReply.Truncated.Instance)).Should().Throw<ArgumentException>();

    [Fact]
    public void Failure_NoSocket_LeavesTheNameToOtherSources()
    {
        ReplyVerdict.Failure(new ServerReply(Server, new DnsReply.NoSocket(new SocketException()))).WasAsked.Should().BeFalse();
        DnsOutcome refused = ReplyVerdict.Failure(new ServerReply(Server, new DnsReply.Refusal(DnsResponseCode.ServFail)));
        (refused.WasAsked, ((Answer.Failed)refused.Answer).Reason).Should().Be((true, "name server 10.0.0.1:53 answered SERVFAIL"));
    }

    [Fact]
    public void Denial_AServerBeforeItFails_IsAFailureThatKeepsTheDenial()
    {
        ServerReply told = new(Server, new DnsReply.None(EmptyReason.NoData, TimeSpan.FromSeconds(5)));

        ReplyVerdict.Denial(told, NoData).Answer.Should().Be(NoData);
        DnsOutcome doubted = ReplyVerdict.Denial(told with { Missing = Server }, NoData);
        doubted.Answer.Should().BeOfType<Answer.Failed>();
        doubted.Denied.Should().Be(NoData);
        ReplyVerdict.Merge(ReplyVerdict.Of(Records("10.9.0.1")), doubted).Answer.Should().Be(Found("10.9.0.1"));
    }

    [Fact]
    public void OfFamily_MappedAddressOfTheOtherFamily_IsLeftOut() =>
        ReplyVerdict.OfFamily(AddressFamily.InterNetworkV6, ReplyVerdict.Of(Records("::ffff:10.0.0.1", "2001:db8::1"))).Answer
            .Should().Be(Found("2001:db8::1"));

    private static DnsReply.Records Records(params string[] addresses) => new([.. addresses.Select(IPAddress.Parse)], Ttl);

    private static Answer.Found Found(params string[] addresses) => new([.. addresses.Select(IPAddress.Parse)], Ttl);
}
