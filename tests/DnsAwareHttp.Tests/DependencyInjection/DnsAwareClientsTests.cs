using DnsAwareHttp.DependencyInjection;

namespace DnsAwareHttp.Tests.DependencyInjection;

public sealed class DnsAwareClientsTests
{
    private static readonly DnsAwareClient All = new(null, FollowsDns: true);
    private static readonly DnsAwareClient NotAll = new(null, FollowsDns: false);
    private static readonly DnsAwareClient A = new("a", FollowsDns: true);
    private static readonly DnsAwareClient NotA = new("a", FollowsDns: false);

    [Fact]
    public void WithoutACall_NoClientFollows() => new DnsAwareClients([]).FollowsDns("a").Should().BeFalse();

    [Fact]
    public void CallForOneClient_IsForThatNameAlone()
    {
        DnsAwareClients clients = new([A]);

        (clients.FollowsDns("a"), clients.FollowsDns("A"), clients.FollowsDns("")).Should().Be((true, false, false));
        (clients.FollowsDnsByName("a"), clients.IsMentioned("a"), clients.IsMentioned("b")).Should().Be((true, true, false));
    }

    [Fact]
    public void CallForOneClient_GoesBeforeCallsForAll_InAnyOrder()
    {
        new DnsAwareClients([NotA, All]).FollowsDns("a").Should().BeFalse();
        new DnsAwareClients([All, NotA]).FollowsDns("a").Should().BeFalse();
        new DnsAwareClients([A, NotAll]).FollowsDns("a").Should().BeTrue();
    }

    [Fact]
    public void LastCall_Counts()
    {
        new DnsAwareClients([A, NotA]).FollowsDns("a").Should().BeFalse();
        new DnsAwareClients([NotA, A]).FollowsDns("a").Should().BeTrue();
        new DnsAwareClients([All, NotAll]).FollowsDns("b").Should().BeFalse();
        new DnsAwareClients([NotAll, All]).FollowsDns("b").Should().BeTrue();
    }

    [Fact]
    public void CallsForAll_AreNotByName()
    {
        DnsAwareClients clients = new([All, NotA]);

        (clients.FollowsDns("b"), clients.FollowsDnsByName("b"), clients.IsMentioned("b")).Should().Be((true, false, false));
        (clients.FollowsDnsByName("a"), clients.IsMentioned("a")).Should().Be((false, true));
    }

    [Fact]
    public void Describe_NamesTheClient_OrAllOfThem()
    {
        new DnsAwareClients([All]).Describe("").Should().Be("All HTTP clients");
        new DnsAwareClients([All]).Describe("a").Should().Be("HTTP client \"a\"");
        new DnsAwareClients([A]).Describe("").Should().Be("HTTP client \"\"");
        new DnsAwareClients([All, new DnsAwareClient("", FollowsDns: true)]).Describe(null).Should().Be("HTTP client \"\"");
    }
}
