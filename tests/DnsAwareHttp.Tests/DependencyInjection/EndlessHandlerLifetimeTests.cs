using DnsAwareHttp.DependencyInjection;
using Microsoft.Extensions.Http;

namespace DnsAwareHttp.Tests.DependencyInjection;

public sealed class EndlessHandlerLifetimeTests
{
    private static readonly TimeSpan Default = new HttpClientFactoryOptions().HandlerLifetime;

    private readonly HttpClientFactoryOptions _options = new();
    private readonly EndlessHandlerLifetime _lifetime = new(new DnsAwareClients([new DnsAwareClient("a", FollowsDns: true)]));

    [Fact]
    public void ClientThatFollowsDns_IsNotRotated() => After("a").Should().Be(Timeout.InfiniteTimeSpan);

    [Theory]
    [InlineData("b")]
    [InlineData("")]
    [InlineData(null)]
    public void OtherClient_KeepsItsRotation(string? name) => After(name).Should().Be(Default);

    [Fact]
    public void DefaultClient_HasTheEmptyName()
    {
        new EndlessHandlerLifetime(new DnsAwareClients([new DnsAwareClient("", FollowsDns: true)])).PostConfigure(null, _options);

        _options.HandlerLifetime.Should().Be(Timeout.InfiniteTimeSpan);
    }

    [Fact]
    public void LifetimeOfTheApplication_IsKept()
    {
        _options.HandlerLifetime = TimeSpan.FromMinutes(7);

        After("a").Should().Be(TimeSpan.FromMinutes(7));
    }

    [Fact]
    public void HandlerOfTheApplication_IsRotated()
    {
        _options.HttpMessageHandlerBuilderActions.Add(static _ => { });

        After("a").Should().Be(Default);
    }

    private TimeSpan After(string? name)
    {
        _lifetime.PostConfigure(name, _options);
        return _options.HandlerLifetime;
    }
}
