using System.Net;
using DnsAwareHttp.Resolution.Sources;
using DnsAwareHttp.Resolution.Wire;
using DnsAwareHttp.Tests.Fakes;

namespace DnsAwareHttp.Tests.Resolution.Sources;

public sealed class EdnsMemoryTests
{
    private static readonly NameServer Server = NameServer.Parse("10.0.0.1");
    private static readonly DnsReply Records = new DnsReply.Records([IPAddress.Loopback], TimeSpan.FromSeconds(60));
    private static readonly DnsReply NxDomain = new DnsReply.None(EmptyReason.NxDomain, TimeSpan.FromSeconds(5));
    private static readonly DnsReply NxDomainWithoutOpt = NxDomain with { IsWithoutOpt = true };
    private static readonly DnsReply ServFail = new DnsReply.Refusal(DnsResponseCode.ServFail);
    private static readonly DnsReply ServFailWithoutOpt = ServFail with { IsWithoutOpt = true };

    private readonly ManualTimeProvider _clock = new();
    private readonly EdnsMemory _memory;

    public EdnsMemoryTests() => _memory = new EdnsMemory(_clock);

    [Fact]
    public void ServerThatAnsweredOnlyWithoutEdns_IsAskedWithoutIt_ForAWhile()
    {
        _memory.Better(Server, ServFailWithoutOpt, Records).Should().Be(Records);
        _memory.MayBeUsed(Server).Should().BeFalse();

        _clock.Advance(EdnsMemory.Memory);
        _memory.MayBeUsed(Server).Should().BeTrue();
    }

    [Fact]
    public void ReplyThatIsTheSameWithoutEdns_IsAboutTheName_AndThatIsRememberedForAWhile()
    {
        _memory.MayBeTheReason(Server, NxDomainWithoutOpt).Should().BeTrue();
        _memory.Better(Server, NxDomainWithoutOpt, NxDomain).Should().Be(NxDomain);

        _memory.MayBeUsed(Server).Should().BeTrue();
        _memory.MayBeTheReason(Server, NxDomainWithoutOpt).Should().BeFalse();
        _memory.MayBeTheReason(Server, ServFailWithoutOpt).Should().BeFalse();
        _clock.Advance(EdnsMemory.Memory);
        _memory.MayBeTheReason(Server, NxDomainWithoutOpt).Should().BeTrue();
    }

    [Fact]
    public void ReplyWithAnOptRecord_IsAboutTheName()
    {
        _memory.MayBeTheReason(Server, NxDomain).Should().BeFalse();
        _memory.MayBeTheReason(Server, ServFail).Should().BeFalse();
        _memory.MayBeTheReason(Server, Records).Should().BeFalse();
        _memory.MayBeTheReason(Server, new DnsReply.Refusal(DnsResponseCode.FormErr)).Should().BeTrue("it may be unable to read one");
    }

    [Fact]
    public void SilenceWithoutEdns_TeachesNothing()
    {
        _memory.Better(Server, ServFailWithoutOpt, new DnsReply.Silence("test")).Should().Be(ServFail);

        _memory.MayBeUsed(Server).Should().BeTrue();
        _memory.MayBeTheReason(Server, ServFailWithoutOpt).Should().BeTrue();
    }
}
