using DnsAwareHttp.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DnsAwareHttp.Tests.DependencyInjection;

public sealed class UnnamedSetupsTests
{
    private static readonly Action<DnsAwareOptions> Set = static options => options.MaxEndpointsPerOrigin = 7;

    public static TheoryData<object, bool> Setups() => new()
    {
        { new ConfigureNamedOptions<DnsAwareOptions>("", Set), true },
        { new ConfigureNamedOptions<DnsAwareOptions>("a", Set), false },
        { new ConfigureNamedOptions<DnsAwareOptions>(null, Set), false },
        { new ConfigureOptions<DnsAwareOptions>(Set), true },
        { new ConfigureOptions<DnsAwareOptions>(static _ => { }), false },
        { new ConfigureOptions<DnsAwareOptions>(static _ => throw new InvalidOperationException()), false },
        { new Named(static name => name.Length == 0), true },
        { new Named(static name => name == "a"), false },
        { new Named(static _ => true), false },
        { new PostConfigureOptions<DnsAwareOptions>("", Set), true },
        { new PostConfigureOptions<DnsAwareOptions>("a", Set), false },
        { new PostConfigureOptions<DnsAwareOptions>(null, Set), false },
    };

    [Theory]
    [MemberData(nameof(Setups))]
    public void Exist_IfASetupConcernsOptionsWithoutANameAlone(object setup, bool exist)
    {
        UnnamedSetups setups = new(
            setup is IConfigureOptions<DnsAwareOptions> configure ? [configure] : [],
            setup is IPostConfigureOptions<DnsAwareOptions> post ? [post] : []);

        setups.Exist.Should().Be(exist);
    }

    [Fact]
    public void Exist_OneOfSeveral_IsEnough() => new UnnamedSetups(
        [new ConfigureNamedOptions<DnsAwareOptions>("a", Set), new ConfigureOptions<DnsAwareOptions>(Set)], []).Exist.Should().BeTrue();

    [Fact]
    public void Exist_WithoutSetups_IsFalse() => new UnnamedSetups([], []).Exist.Should().BeFalse();

    private sealed class Named(Func<string, bool> isMine) : IConfigureNamedOptions<DnsAwareOptions>
    {
        public void Configure(DnsAwareOptions options) => Configure("", options);

        public void Configure(string? name, DnsAwareOptions options)
        {
            if (isMine(name!))
            {
                Set(options);
            }
        }
    }
}
