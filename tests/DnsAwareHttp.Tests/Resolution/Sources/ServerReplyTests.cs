using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Resolution.Wire;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class ServerReplyTests
{
    private static readonly NameServer Server = NameServer.Parse("10.0.0.1");
    private static readonly ServerReply NoSocket = new(Server, new DnsReply.NoSocket(new InvalidOperationException()));
    private static readonly ServerReply Silence = new(Server, new DnsReply.Silence("no answer"));
    private static readonly ServerReply ServFail = new(Server, new DnsReply.Refusal(DnsResponseCode.ServFail));

    [Fact]
    public void IsFound_RecordsOrAnAlias()
    {
        new ServerReply(Server, new DnsReply.Records([], TimeSpan.Zero)).IsFound.Should().BeTrue();
        new ServerReply(Server, new DnsReply.Elsewhere("a.test", 1, TimeSpan.Zero)).IsFound.Should().BeTrue();
        new ServerReply(Server, new DnsReply.None(EmptyReason.NxDomain, TimeSpan.Zero)).IsFound.Should().BeFalse();
        Silence.IsFound.Should().BeFalse();
    }

    [Fact]
    public void Or_PrefersWhatAServerSaidToAnErrorOfThisSystem()
    {
        NoSocket.Or(null).Should().BeSameAs(NoSocket);
        NoSocket.Or(Silence).Should().BeSameAs(Silence);
        ServFail.Or(Silence).Should().BeSameAs(ServFail, "the later one counts");
        ServFail.Or(NoSocket).Should().BeSameAs(ServFail);
    }
}
